// Ranges, ticks and short numbers.
#include "common/plot/axes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <set>

namespace {

using namespace common::plot;
using Strings = std::vector<std::string>;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

TEST(Ticks, GoInStepsOfOneTwoOrFive) {
  EXPECT_EQ(linear_ticks({0, 1}, 6).labels, (Strings{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}));
  EXPECT_EQ(linear_ticks({0, 1}, 5).labels, (Strings{"0.0", "0.5", "1.0"}));
  EXPECT_EQ(linear_ticks({-4.2, 4.2}, 9).labels,
            (Strings{"-4", "-3", "-2", "-1", "0", "1", "2", "3", "4"}));
  EXPECT_EQ(linear_ticks({0, 2000}, 5).labels, (Strings{"0", "500", "1000", "1500", "2000"}));
  EXPECT_EQ(linear_ticks({0, 0.7}, 8).at[3], 0.3);  // exactly, not 0.30000000000000004
}

TEST(Ticks, UsePowersOfTenWhereZerosWouldCrowd) {
  EXPECT_EQ(linear_ticks({0, 2e-7}, 5).labels, (Strings{"0", "5e-8", "1e-7", "1.5e-7", "2e-7"}));
  EXPECT_EQ(linear_ticks({0, 3e9}, 4).labels, (Strings{"0", "1e9", "2e9", "3e9"}));
}

TEST(Ticks, StayInsideAscendAndHaveLabelsOfTheirOwnForAnyRange) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> exponent(-280, 280);
  std::uniform_real_distribution<double> unit(-1, 1);
  for (int i = 0; i < 2000; ++i) {
    const double size = std::pow(10, exponent(random));
    const double middle = unit(random) * size * std::pow(10, 4 * unit(random));
    const Range range{middle - size, middle + size};
    const int64_t most = 2 + i % 9;
    const Ticks ticks = linear_ticks(range, most);
    ASSERT_LE(static_cast<int64_t>(ticks.at.size()), most) << range.low << " " << range.high;
    ASSERT_EQ(ticks.at.size(), ticks.labels.size());
    if (most >= 5) {
      ASSERT_GE(ticks.at.size(), 2u) << range.low << " " << range.high;
    }
    const std::set<std::string> labels(ticks.labels.begin(), ticks.labels.end());
    ASSERT_EQ(labels.size(), ticks.labels.size()) << range.low << " " << range.high;
    for (std::size_t k = 0; k < ticks.at.size(); ++k) {
      ASSERT_GE(ticks.at[k], range.low - 1e-6 * size);
      ASSERT_LE(ticks.at[k], range.high + 1e-6 * size);
      ASSERT_NEAR(std::stod(ticks.labels[k]), ticks.at[k], 1e-6 * size);
      if (k > 0) {
        ASSERT_GT(ticks.at[k], ticks.at[k - 1]);
      }
    }
  }
}

TEST(Ticks, EndForRangesWithoutLength) {
  EXPECT_EQ(linear_ticks({1, 1}).at.size(), 1u);
  EXPECT_LE(linear_ticks({1, std::nextafter(1, 2)}).at.size(), 8u);
  EXPECT_EQ(linear_ticks({0, 1e-310}).at.size(), 1u);
  EXPECT_LE(linear_ticks({-1.7e308, 1.7e308}).at.size(), 8u);
  EXPECT_EQ(linear_ticks({kNan, 1}).at.size(), 1u);
}

TEST(LogTicks, ArePowersOfTenThinnedWhereTheyCrowd) {
  EXPECT_EQ(log_ticks({1e-4, 1}, 8).labels, (Strings{"0.0001", "0.001", "0.01", "0.1", "1"}));
  EXPECT_EQ(log_ticks({1e-10, 1}, 6).labels,
            (Strings{"1e-10", "1e-8", "1e-6", "0.0001", "0.01", "1"}));
  EXPECT_EQ(log_ticks({1e-300, 1e300}, 8).at.size(), 7u);
}

TEST(LogTicks, HaveTwosAndFivesBetweenWhereThereIsRoom) {
  EXPECT_EQ(log_ticks({0.1, 1}, 8).labels, (Strings{"0.1", "0.2", "0.5", "1"}));
  EXPECT_EQ(log_ticks({1, 100}, 8).labels, (Strings{"1", "2", "5", "10", "20", "50", "100"}));
}

TEST(LogTicks, AreLinearWithinAFewFold) {
  EXPECT_EQ(log_ticks({2.1, 3.9}, 5).labels, (Strings{"2.5", "3.0", "3.5"}));
  EXPECT_TRUE(log_ticks({-1, 1}).at.empty());
}

TEST(AxisRange, ShowsAllThatIsFiniteWithAMargin) {
  EXPECT_EQ(axis_range(std::vector<double>{0, 10, kNan, kInf}, false, 0.1), (Range{-1, 11}));
  const Range log = axis_range(std::vector<double>{-5, 0, 1, 100}, true, 0.5);
  EXPECT_NEAR(log.low, 0.1, 1e-12);
  EXPECT_NEAR(log.high, 1000, 1e-9);
}

TEST(AxisRange, GivesRoomToConstantsAndANormalRangeToNothing) {
  EXPECT_EQ(axis_range({}), (Range{0, 1}));
  EXPECT_EQ(axis_range(std::vector<double>{kNan, -kInf}), (Range{0, 1}));
  EXPECT_EQ(axis_range(std::vector<double>{-3}, true), (Range{0.1, 1}));
  EXPECT_EQ(axis_range(std::vector<double>{5, 5}), (Range{4.5, 5.5}));
  EXPECT_EQ(axis_range(std::vector<double>{0}), (Range{-1, 1}));
}

TEST(AxisRange, IsFiniteAndAscendingForEveryPairOfNumbers) {
  const double limit = std::numeric_limits<double>::max();
  const double tiny = std::numeric_limits<double>::denorm_min();
  const std::vector<double> odd = {
      -limit, -1e300, -1, -tiny, 0, tiny, 1e-300, 1, std::nextafter(1, 2), 1e300, limit};
  for (const double a : odd) {
    for (const double b : odd) {
      for (const bool log : {false, true}) {
        const Range range = axis_range(std::vector<double>{a, b}, log);
        EXPECT_TRUE(std::isfinite(range.low) && std::isfinite(range.high)) << a << " " << b;
        EXPECT_LT(range.low, range.high) << a << " " << b;
        EXPECT_FALSE((log ? log_ticks(range) : linear_ticks(range)).at.empty()) << a << " " << b;
      }
    }
  }
}

TEST(ShortNumber, HasTheDigitsAskedAndNoMore) {
  EXPECT_EQ(short_number(0.5), "0.5");
  EXPECT_EQ(short_number(0.123456), "0.123");
  EXPECT_EQ(short_number(1200), "1200");
  EXPECT_EQ(short_number(0.9999), "1");
  EXPECT_EQ(short_number(3.2e-5), "3.2e-5");
  EXPECT_EQ(short_number(1e6), "1e6");
  EXPECT_EQ(short_number(-2.5), "-2.5");
  EXPECT_EQ(short_number(-0.0), "0");
  EXPECT_EQ(short_number(kNan), "nan");
  EXPECT_EQ(short_number(-kInf), "-inf");
}

}  // namespace
