// The range test finds the steepest fall and the divergence of a curve whose places are known.
#include "common/train/lr_finder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "common/base/error.h"

namespace {
using namespace common::train;
using common::base::Error;
using Points = std::vector<std::pair<double, double>>;

// Falls from 2.5 to 0.5, fastest per factor of the rate at 0.01, then rises as rate^4. So many
// steps that the smoothing, of about ten, moves no place by more than a twentieth.
double curve(double rate) {
  return 0.5 + 2 / (1 + std::pow(rate / 0.01, 2)) + 1e-3 * std::pow(rate, 4);
}

Points measured(std::int64_t steps, double first = 1e-5, double last = 100) {
  const Schedule rates = range_test(first, last, steps);
  Points points;
  for (std::int64_t step = 0; step < steps; ++step) {
    const double rate = rates(step).lr;
    points.emplace_back(rate, curve(rate));
  }
  return points;
}

Points flat(std::size_t count, double loss = 1) {
  Points points;
  for (std::size_t i = 0; i < count; ++i) {
    points.emplace_back(1e-3 * std::pow(1.1, static_cast<double>(i)), loss);
  }
  return points;
}

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(RangeTest, RatesGrowByOneFactorFromFirstToLast) {
  const Schedule schedule = range_test(1e-4, 1, 5, /*momentum=*/0.8);
  for (int step = 0; step < 5; ++step) {
    EXPECT_NEAR(schedule(step).lr / std::pow(10, step - 4), 1, 1e-12);
  }
  EXPECT_DOUBLE_EQ(schedule(9).lr, 1);
  EXPECT_EQ(schedule(2).momentum, 0.8);
}

TEST(RangeTest, RangesThatDoNotGrowAreRefused) {
  EXPECT_THROW(range_test(0, 1, 5), Error);
  EXPECT_THROW(range_test(1, 1, 5), Error);
  EXPECT_THROW(range_test(1e-3, 1, 1), Error);
}

TEST(SuggestLr, TheKnownPlacesOfACurveAreFound) {
  const Points points = measured(4000);
  const LrSuggestion found = suggest_lr(points);
  EXPECT_NEAR(found.steepest / 0.01, 1, 0.05);
  // The derivative of 2e-4 / r^2 + 1e-3 r^4, what is left of the curve there, is 0 at r^6 = 0.1.
  const double least = std::pow(0.1, 1.0 / 6);
  EXPECT_NEAR(found.max_lr / (least / 10), 1, 0.1);
  // 0.5 + 1e-3 r^4 = 4 * least loss.
  const double diverges = std::pow((4 * curve(least) - 0.5) / 1e-3, 0.25);
  EXPECT_NEAR(found.diverges / diverges, 1, 0.05);
  EXPECT_EQ(found.smoothed.size(), points.size());
}

TEST(SuggestLr, ACurveThatNeverDivergesNamesItsLastRate) {
  const Points points = measured(2000, 1e-5, 1);
  EXPECT_EQ(suggest_lr(points).diverges, points.back().first);
}

// A tenth of the rate at the least loss is below the steepest when the curve ends soon after.
TEST(SuggestLr, MaxLrIsNeverBelowTheSteepest) {
  const LrSuggestion found = suggest_lr(measured(2000, 1e-5, 0.03));
  EXPECT_NEAR(found.steepest / 0.01, 1, 0.05);
  EXPECT_EQ(found.max_lr, found.steepest);
}

TEST(SuggestLr, SmoothedLossIsTheWeightedMeanOfWhatCameBefore) {
  Points points = flat(10);
  points[1].second = 2;
  points[2].second = 4;
  const auto smoothed = suggest_lr(points).smoothed;
  EXPECT_DOUBLE_EQ(smoothed[0], 1);
  EXPECT_DOUBLE_EQ(smoothed[1], (0.9 * 1 + 2) / (0.9 + 1));
  EXPECT_DOUBLE_EQ(smoothed[2], (0.81 * 1 + 0.9 * 2 + 4) / (0.81 + 0.9 + 1));
}

TEST(SuggestLr, ALossThatOnlyRisesSuggestsTheFirstRate) {
  Points points = flat(20);
  for (std::size_t i = 0; i < points.size(); ++i) points[i].second = static_cast<double>(1 + i);
  const LrSuggestion found = suggest_lr(points);
  EXPECT_EQ(found.steepest, points[0].first);
  EXPECT_EQ(found.max_lr, points[0].first);
}

TEST(SuggestLr, FewerThanTenFiniteLossesAreRefused) {
  EXPECT_NO_THROW(suggest_lr(flat(10)));
  EXPECT_THROW(suggest_lr(flat(9)), Error);
  EXPECT_THROW(suggest_lr({}), Error);
  Points points = flat(30);
  points[9].second = kNan;
  EXPECT_THROW(suggest_lr(points), Error);
}

TEST(SuggestLr, WhatFollowsANonFiniteLossIsLeftOut) {
  for (const double wrong : {kNan, kInfinity}) {
    Points points = flat(30);
    points[10].second = wrong;
    points[20].second = -100;
    const LrSuggestion found = suggest_lr(points);
    EXPECT_EQ(found.smoothed.size(), 10u);
    EXPECT_EQ(found.diverges, points[9].first);
  }
}

TEST(Diverged, ALossThatIsNotFiniteHasDiverged) {
  EXPECT_FALSE(diverged({}));
  for (const double wrong : {kNan, kInfinity}) {
    EXPECT_FALSE(diverged(flat(3)));
    EXPECT_TRUE(diverged({{0.1, 1}, {0.2, wrong}}));
  }
}

TEST(Diverged, FourTimesTheLeastHasDivergedFromTheTwentiethStepOn) {
  Points points = flat(19);
  points.back().second = 1000;
  EXPECT_FALSE(diverged(points));
  points = flat(20);
  EXPECT_FALSE(diverged(points));
  points.back().second = 1000;
  EXPECT_TRUE(diverged(points));
  points.back().second = 10;  // smoothed: about 2
  EXPECT_FALSE(diverged(points));
}

}  // namespace
