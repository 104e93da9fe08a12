// Random numbers, folds and the made point sets: the same everywhere, and of the right kind.
#include "common/data/points.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <set>
#include <vector>

#include "common/base/random.h"
#include "common/data/folds.h"
#include "tests/data/expect_error.h"

namespace {

using common::base::Random;
using common::data::circles;
using common::data::Points;
using common::data::spirals;
using common::data::Split;
using common::data::split;
using common::data::stratified_folds;
using tests::expect_error;

TEST(Random, FollowsFromSeedAndStreamAlone) {
  Random a(1), b(1), other_seed(2), other_stream(1, 1);
  const std::uint64_t first = a.bits();
  EXPECT_EQ(first, b.bits());
  EXPECT_NE(first, other_seed.bits());
  EXPECT_NE(first, other_stream.bits());
}

TEST(Random, GivesTheRecordedNumbers) {
  // Recorded from this code; a change of any of them changes every published result.
  Random random(/*seed=*/0);
  EXPECT_EQ(random.bits(), 8892643065069030078u);
  EXPECT_DOUBLE_EQ(random.uniform(), 0.097635221037388309);
  EXPECT_NEAR(random.normal(), -1.0797439425252935, 1e-14);
  EXPECT_EQ(random.below(1000), 141u);
}

TEST(Random, HasTheMomentsOfItsDistributions) {
  constexpr int kDraws = 100'000;
  Random random(7);
  double sum = 0, squares = 0, cubes = 0, uniform = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = random.normal(/*mean=*/1.0, /*deviation=*/2.0);
    sum += x;
    squares += (x - 1) * (x - 1);
    cubes += std::pow((x - 1) / 2, 3);
    uniform += random.uniform(-1, 3);
  }
  // Four standard errors of each.
  EXPECT_NEAR(sum / kDraws, 1.0, 4 * 2 / std::sqrt(kDraws));
  EXPECT_NEAR(squares / kDraws, 4.0, 4 * 4 * std::sqrt(2.0 / kDraws));
  EXPECT_NEAR(cubes / kDraws, 0.0, 4 * std::sqrt(15.0 / kDraws));
  EXPECT_NEAR(uniform / kDraws, 1.0, 4 * std::sqrt(16.0 / 12 / kDraws));
}

TEST(Random, DrawsEveryOrderAlike) {
  constexpr int kDraws = 12'000;
  Random random(3);
  std::map<std::vector<int>, int> seen;
  for (int i = 0; i < kDraws; ++i) {
    std::vector<int> order = {0, 1, 2};
    random.shuffle(order);
    ++seen[order];
  }
  ASSERT_EQ(seen.size(), 6u);
  // Five standard deviations of a count of probability 1/6.
  for (const auto& [order, count] : seen) {
    EXPECT_NEAR(count, kDraws / 6.0, 5 * std::sqrt(kDraws * 5.0 / 36));
  }
}

TEST(Random, StaysBelow) {
  Random random(5);
  EXPECT_EQ(random.below(0), 0u);
  EXPECT_EQ(random.below(1), 0u);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 200; ++i) seen.insert(random.below(7));
  EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 1, 2, 3, 4, 5, 6}));
}

TEST(Split, HoldsOutTheFractionOnce) {
  const Split parts = split(10, 0.3, /*seed=*/1);
  EXPECT_EQ(parts.test.size(), 3u);
  std::vector<std::int64_t> all = parts.train;
  all.insert(all.end(), parts.test.begin(), parts.test.end());
  std::sort(all.begin(), all.end());
  std::vector<std::int64_t> expected(10);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(all, expected);
  EXPECT_TRUE(std::is_sorted(parts.train.begin(), parts.train.end()));
  EXPECT_NE(parts.test, split(10, 0.3, /*seed=*/2).test);
  expect_error("leave one part empty", [] { split(10, 0.01, 1); });
  expect_error("between 0 and 1", [] { split(10, 1.0, 1); });
}

TEST(StratifiedFolds, SpreadEveryClassEvenly) {
  std::vector<std::int64_t> labels;  // 23, 11 and 3 of the classes 0, 1 and 7
  for (int i = 0; i < 37; ++i) labels.push_back(i < 23 ? 0 : i < 34 ? 1 : 7);
  const std::vector<Split> folds = stratified_folds(labels, 5, /*seed=*/4);
  ASSERT_EQ(folds.size(), 5u);
  std::vector<int> held_out(labels.size());
  for (const Split& fold : folds) {
    std::map<std::int64_t, std::size_t> count;
    for (const std::int64_t i : fold.test) {
      ++count[labels[static_cast<std::size_t>(i)]];
      ++held_out[static_cast<std::size_t>(i)];
    }
    EXPECT_TRUE(count[0] == 4 || count[0] == 5) << count[0];
    EXPECT_TRUE(count[1] == 2 || count[1] == 3) << count[1];
    EXPECT_LE(count[7], 1u);
    EXPECT_TRUE(fold.test.size() == 7 || fold.test.size() == 8) << fold.test.size();
    EXPECT_EQ(fold.test.size() + fold.train.size(), labels.size());
    for (const std::int64_t i : fold.train) {
      EXPECT_FALSE(std::binary_search(fold.test.begin(), fold.test.end(), i));
    }
  }
  EXPECT_EQ(held_out, std::vector<int>(labels.size(), 1));
}

TEST(StratifiedFolds, FollowFromTheSeed) {
  const std::vector<std::int64_t> labels(20, 0);
  EXPECT_EQ(stratified_folds(labels, 4, 1)[0].test, stratified_folds(labels, 4, 1)[0].test);
  EXPECT_NE(stratified_folds(labels, 4, 1)[0].test, stratified_folds(labels, 4, 2)[0].test);
  expect_error("wanted 2 to 20 folds, found 21", [&] { stratified_folds(labels, 21, 1); });
  expect_error("found 1", [&] { stratified_folds(labels, 1, 1); });
}

TEST(Points, XorIsTrueWhereOneIsSet) {
  const Points points = common::data::xor_points();
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(points.label[i], points.x[i][0] != points.x[i][1] ? 1 : 0);
  }
}

TEST(Points, CirclesHaveTheirRadius) {
  const Points points = circles(101, /*noise=*/0, /*seed=*/1);
  ASSERT_EQ(points.x.size(), 101u);
  EXPECT_EQ(std::accumulate(points.label.begin(), points.label.end(), std::int64_t{0}), 50);
  for (std::size_t i = 0; i < points.x.size(); ++i) {
    EXPECT_NEAR(std::hypot(points.x[i][0], points.x[i][1]), points.label[i] == 0 ? 1.0 : 0.5,
                1e-12);
  }
}

TEST(Points, SpiralsAreEachOtherTurnedByHalfATurn) {
  const Points points = spirals(200, /*noise=*/0, /*seed=*/1);
  for (std::size_t i = 0; i < points.x.size(); i += 2) {
    EXPECT_EQ(points.label[i], 0);
    EXPECT_EQ(points.label[i + 1], 1);
    EXPECT_NEAR(points.x[i][0], -points.x[i + 1][0], 1e-12);
    EXPECT_NEAR(points.x[i][1], -points.x[i + 1][1], 1e-12);
    EXPECT_LE(std::hypot(points.x[i][0], points.x[i][1]), 1.0);
  }
}

TEST(Points, NoiseHasItsDeviation) {
  const Points clean = spirals(4000, 0, 1), noisy = spirals(4000, 0.1, 1);
  double squares = 0;
  for (std::size_t i = 0; i < clean.x.size(); ++i) {
    squares += std::pow(noisy.x[i][0] - clean.x[i][0], 2);
  }
  EXPECT_NEAR(std::sqrt(squares / 4000), 0.1, 4 * 0.1 / std::sqrt(2 * 4000.0));
  expect_error("wanted a finite noise", [] { circles(10, -1, 1); });
  expect_error("at least 2 points", [] { spirals(1, 0, 1); });
}

}  // namespace
