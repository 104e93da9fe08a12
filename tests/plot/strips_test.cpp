// Strip charts: what is on top, what is right, where the mean is, what odd numbers do.
#include "common/plot/strips.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/plot/pixels.h"

namespace {

using namespace common::plot;
using namespace plot_test;

// The middle of all pixels of a colour.
struct Spot {
  double x = 0, y = 0;
  int64_t pixels = 0;
};

Spot spot(const Picture& picture, Colour colour) {
  Spot spot;
  for (int64_t y = 0; y < picture.height; ++y) {
    for (int64_t x = 0; x < picture.width; ++x) {
      if (!near(at(picture, x, y), colour, 3)) continue;
      spot.x += static_cast<double>(x);
      spot.y += static_cast<double>(y);
      ++spot.pixels;
    }
  }
  spot.x /= static_cast<double>(spot.pixels);
  spot.y /= static_cast<double>(spot.pixels);
  return spot;
}

TEST(StripChart, TheFirstIsOnTopAndLargeNumbersAreRight) {
  const Picture picture = draw(StripChart{.strips = {{"a", {1, 2}}, {"b", {5, 6}}}});
  const Spot a = spot(picture, palette(0)), b = spot(picture, palette(1));
  EXPECT_LT(a.y + 20, b.y);
  EXPECT_LT(a.x + 100, b.x);
}

TEST(StripChart, ADotForEachNumberAndABarAtTheirMean) {
  // Three dots at 0 and one at 4: the bar is at 1. All strips share one axis.
  const Picture mean = draw(StripChart{.strips = {{"x", {0, 0, 0, 4}}, {"ends", {0, 4}}}});
  const Picture one = draw(StripChart{.strips = {{"x", {1}}, {"ends", {0, 4}}}});
  const Spot bar = spot(one, palette(0));
  const auto x = static_cast<int64_t>(bar.x);
  const Area column{x - 1, 0, x + 2, mean.height};
  EXPECT_GT(count(mean, palette(0), column, 3), 40);  // its height times three
  EXPECT_GT(spot(mean, palette(0)).pixels, bar.pixels);
}

TEST(StripChart, NumbersThatAreNoneAreNotShown) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInf = std::numeric_limits<double>::infinity();
  const auto chart = [](std::vector<double> values) {
    return draw(StripChart{.strips = {{"a", std::move(values)}, {"b", {2}}}});
  };
  EXPECT_EQ(chart({1, kNan, 3, kInf}).rgb, chart({1, 3}).rgb);
  EXPECT_EQ(count(chart({kNan}), palette(0), 3), 0);
  EXPECT_EQ(count(chart({}), palette(0), 3), 0);
}

TEST(StripChart, LongNamesAndManyStripsHaveTheirPlace) {
  StripChart chart{.title = "a title", .x_label = "accuracy"};
  for (int i = 0; i < 50; ++i) {
    chart.strips.push_back({"a name that is rather long, number " + std::to_string(i), {0.1 * i}});
  }
  expect_white_edge(draw(chart));
}

TEST(StripChart, WrongSizesAreErrors) {
  EXPECT_THROW(draw(StripChart{}), common::base::Error);
  EXPECT_THROW(draw(StripChart{.strips = std::vector<Strip>(51)}), common::base::Error);
  EXPECT_THROW(draw(StripChart{.strips = {{"a", {1}}}, .width = 100}), common::base::Error);
}

}  // namespace
