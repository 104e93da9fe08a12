// Line charts: what is shown, what is not hidden, what odd numbers do.
#include "common/plot/lines.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <random>

#include "tests/plot/pixels.h"

namespace {

using namespace common::plot;
using namespace plot_test;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

Series curve(const std::string& name, const std::function<double(double)>& f, int64_t n = 101) {
  Series series;
  series.name = name;
  for (int64_t i = 0; i < n; ++i) {
    series.x.push_back(static_cast<double>(i) / static_cast<double>(n - 1));
    series.y.push_back(f(series.x.back()));
  }
  return series;
}

LineChart small_chart(std::vector<Series> series) {
  LineChart chart;
  chart.series = std::move(series);
  chart.width = 480;
  chart.height = 320;
  return chart;
}

Series noise(const std::string& name) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> unit(0, 1);
  return curve(
      name, [&](double) { return unit(random); }, 1500);
}

// Pixels of the first colour that lie on a long line of it from top to bottom.
int64_t rightmost_busy_column(const Picture& picture, Colour colour) {
  for (int64_t x = picture.width - 1; x >= 0; --x) {
    if (count(picture, colour, {x, 0, x + 1, picture.height}) > 60) return x;
  }
  return -1;
}

TEST(Lines, EverySeriesShowsItsPaletteColour) {
  LineChart chart = small_chart({});
  for (int k = 0; k < kPaletteSize; ++k) {
    chart.series.push_back(curve("", [k](double x) { return k + x; }));
  }
  const Picture picture = draw(chart);
  EXPECT_EQ(picture.width, 480);
  EXPECT_EQ(picture.height, 320);
  for (int k = 0; k < kPaletteSize; ++k) EXPECT_GT(count(picture, palette(k)), 300) << k;
}

TEST(Lines, TheNinthSeriesIsDashedAndAChosenColourIsKept) {
  const auto flat = [](double) { return 0.5; };
  LineChart chart = small_chart({curve("", flat)});
  const int64_t solid = count(draw(chart), palette(0));
  chart.series.assign(8, Series{});
  chart.series.push_back(curve("", flat));
  EXPECT_LT(count(draw(chart), palette(0)), 0.8 * solid);
  chart.series.back().colour = Colour{1, 2, 3};
  EXPECT_NEAR(count(draw(chart), {1, 2, 3}), solid, 0.05 * solid);
}

TEST(Lines, TheLegendHidesNoPixelOfAnyCurve) {
  const std::vector<std::function<double(double)>> shapes = {
      [](double x) { return x; },
      [](double x) { return -x; },
      [](double x) { return std::exp(-6 * x); },
      [](double x) { return x * (1 - x); },
      [](double x) { return -x * (1 - x); },
      [](double x) { return std::sin(9 * x); }};
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const Picture bare = draw(small_chart({curve("", shapes[i])}));
    const Picture named = draw(small_chart({curve("a curve", shapes[i])}));
    int64_t hidden = 0;
    for (int64_t y = 0; y < bare.height; ++y) {
      for (int64_t x = 0; x < bare.width; ++x) {
        hidden += at(bare, x, y) == palette(0) && at(named, x, y) != palette(0) ? 1 : 0;
      }
    }
    EXPECT_EQ(hidden, 0) << i;
    EXPECT_GT(count(named, palette(0)), count(bare, palette(0)) + 20) << i;  // the legend's sample
  }
}

TEST(Lines, TheLegendMovesBesideThePlotWhereNoPlaceIsFree) {
  const Picture bare = draw(small_chart({noise("")}));
  const Picture named = draw(small_chart({noise("a name")}));
  EXPECT_GT(rightmost_busy_column(bare, palette(0)), 440);
  EXPECT_LT(rightmost_busy_column(named, palette(0)), 410);
  EXPECT_GT(rightmost_busy_column(named, palette(0)), 200);
  EXPECT_GT(count(named, palette(0), {411, 0, 480, 320}), 20);  // the legend's sample
}

TEST(Lines, TheBandIsAPaleShadeAroundTheMean) {
  Series series = curve("", [](double) { return 0.5; });
  const Colour pale = mix(kWhite, palette(0), 0.22);
  EXPECT_EQ(count(draw(small_chart({series})), pale, 1), 0);
  series.spread.assign(series.y.size(), 0.1);
  EXPECT_GT(count(draw(small_chart({series})), pale, 1), 20000);
  series.spread.assign(series.y.size(), -0.1);  // a spread has no sign
  EXPECT_GT(count(draw(small_chart({series})), pale, 1), 20000);
}

TEST(Lines, PointsAreMarkedAndStandAloneWithoutALine) {
  Series series{.x = {0, 1, 2}, .y = {0, 0, 0}};
  series.points = true;
  const int64_t with_line = count(draw(small_chart({series})), palette(0));
  series.line = false;
  const int64_t alone = count(draw(small_chart({series})), palette(0));
  EXPECT_GT(alone, 30);
  EXPECT_GT(with_line, alone + 300);
}

TEST(Lines, MissingNumbersLeaveAGap) {
  Series series{.x = {0, 1, 2, 3, 4, 5}, .y = {1, 1, kNan, kInf, 1, 1}};
  const Picture picture = draw(small_chart({series}));
  EXPECT_GT(count(picture, palette(0), {40, 0, 150, 320}), 50);
  EXPECT_EQ(count(picture, palette(0), {180, 0, 340, 320}), 0);
  EXPECT_GT(count(picture, palette(0), {380, 0, 480, 320}), 50);
}

TEST(Lines, ALogAxisMakesAnExponentialStraight) {
  LineChart chart = small_chart({curve("", [](double x) { return std::pow(10, -4 * x); })});
  chart.log_y = true;
  const Picture picture = draw(chart);
  // Straight: the middle of the curve is as high as the middle between its ends.
  const auto middle_of_column = [&](int64_t x) {
    double sum = 0, n = 0;
    for (int64_t y = 0; y < picture.height; ++y) {
      if (near(at(picture, x, y), palette(0), 60)) {
        sum += static_cast<double>(y);
        ++n;
      }
    }
    return sum / n;
  };
  EXPECT_NEAR(middle_of_column(250), (middle_of_column(150) + middle_of_column(350)) / 2, 1.5);
  EXPECT_GT(middle_of_column(350) - middle_of_column(150), 80);
}

TEST(Lines, WhatLiesOutsideOfAGivenRangeIsCutAtThePlot) {
  LineChart chart = small_chart({curve("", [](double x) { return 1000 * (x - 0.5); })});
  chart.y_range = Range{-1, 1};
  const Picture picture = draw(chart);
  EXPECT_GT(count(picture, palette(0)), 100);
  EXPECT_EQ(count(picture, palette(0), {0, 0, 480, 6}, 40), 0);
  expect_white_edge(picture);
}

TEST(Lines, OddNumbersGiveAPictureAndNothingHangs) {
  const double limit = std::numeric_limits<double>::max();
  const std::vector<std::vector<double>> odd = {{},
                                                {0.25},
                                                {5, 5, 5},
                                                {kNan, kNan},
                                                {kInf, -kInf},
                                                {1e300, -1e300},
                                                {limit, -limit},
                                                {1e-300, 2e-300},
                                                {1, 1 + 1e-9},
                                                {1, std::nextafter(1, 2)},
                                                {1e-320, 1e300},
                                                {0, -1, -1e-9}};
  for (const std::vector<double>& values : odd) {
    for (const bool log : {false, true}) {
      LineChart chart = small_chart({{.name = "s", .y = values, .spread = values, .points = true},
                                     {.name = "x", .x = values, .y = values}});
      chart.log_x = chart.log_y = log;
      chart.width = 240;
      chart.height = 200;
      const Picture picture = draw(chart);
      EXPECT_EQ(picture.width, 240);
      EXPECT_LT(count(picture, kWhite), 240 * 200);
    }
  }
  EXPECT_EQ(draw(LineChart{}).width, 960);
}

TEST(Lines, LongTextsStayInsideThePicture) {
  const std::string text =
      "a very long text that goes on and on, past every edge that there is, and then some more "
      "words that nobody will ever want to read on a chart, because charts are for looking at";
  for (const int64_t width : {200, 480, 960}) {
    LineChart chart = small_chart({noise(text), curve(text, [](double x) { return x; })});
    chart.title = chart.x_label = chart.y_label = text;
    chart.width = width;
    expect_white_edge(draw(chart));
  }
}

TEST(Lines, MoreSeriesThanTheLegendHoldsAreCounted) {
  LineChart chart = small_chart({});
  for (int k = 0; k < 60; ++k) {
    chart.series.push_back(curve("series " + std::to_string(k), [k](double x) { return k * x; }));
  }
  expect_white_edge(draw(chart));
}

TEST(Lines, AMillionStepsKeepTheirSpike) {
  Series series;
  series.y.assign(1000000, 0.0);
  series.y[500500] = 1;
  const Picture picture = draw(small_chart({series}));
  EXPECT_GT(count(picture, palette(0), {240, 30, 280, 200}), 100);
}

TEST(Lines, UnequalLengthsRangesAndSizesAreRefused) {
  expect_error("series 'a' has 1 x, 2 y", [] {
    draw(small_chart({{.name = "a", .x = {1}, .y = {1, 2}}}));
  });
  expect_error("3 spread", [] { draw(small_chart({{.y = {1, 2}, .spread = {1, 2, 3}}})); });
  LineChart chart = small_chart({});
  chart.y_range = Range{1, 1};
  expect_error("y axis from 1 to 1", [&] { draw(chart); });
  chart.y_range = Range{-1, 1};
  chart.log_y = true;
  expect_error("log axis", [&] { draw(chart); });
  chart.width = 100;
  expect_error("100 x 320", [&] { draw(chart); });
}

}  // namespace
