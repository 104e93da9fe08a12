// Decision maps: which way up, which colours, points, odd input.
#include "common/plot/decision_map.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/plot/pixels.h"

namespace {

using namespace common::plot;
using namespace plot_test;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr Colour kBoundary{70, 70, 70};

// What a pixel of a class is painted when the answer is sure.
Colour sure(int64_t k) { return mix(kWhite, palette(k), 0.55); }

// No frame, no legend: pixels (14, 14) to (width - 14, height - 14) or so are the map.
DecisionMap bare(int64_t rows, int64_t columns, std::vector<double> values) {
  DecisionMap map;
  map.rows = rows;
  map.columns = columns;
  map.values = std::move(values);
  map.axes = map.legend = false;
  map.width = map.height = 200;
  return map;
}

TEST(CellCentres, GoAlongXFirstFromTheLowestY) {
  EXPECT_EQ(cell_centres({0, 2}, {0, 4}, 2, 2),
            (std::vector<double>{0.5, 1, 1.5, 1, 0.5, 3, 1.5, 3}));
  expect_error("at least one row", [] { cell_centres({0, 1}, {0, 1}, 0, 3); });
}

TEST(DecisionMap, TheFirstRowIsAtTheBottom) {
  const Picture picture = draw(bare(2, 1, {0, 1}));
  EXPECT_TRUE(near(at(picture, 100, 30), sure(1), 2));
  EXPECT_TRUE(near(at(picture, 100, 170), sure(0), 2));
}

TEST(DecisionMap, TheFirstColumnIsAtTheLeft) {
  const Picture picture = draw(bare(1, 2, {0, 1}));
  EXPECT_TRUE(near(at(picture, 30, 100), sure(0), 2));
  EXPECT_TRUE(near(at(picture, 170, 100), sure(1), 2));
}

TEST(DecisionMap, IsPaleWhereUnsureAndDarkOnTheBoundary) {
  const Picture picture = draw(bare(1, 2, {0.1, 0.9}));
  int64_t dark = 0;
  for (int64_t x = 97; x <= 103; ++x) dark += near(at(picture, x, 60), kBoundary, 40) ? 1 : 0;
  EXPECT_GE(dark, 1);
  EXPECT_GT(luminance(at(picture, 90, 60)), luminance(at(picture, 30, 60)) + 0.1);
  EXPECT_EQ(count(draw(bare(1, 2, {0.6, 0.9})), kBoundary, 40), 0);
}

TEST(DecisionMap, ManyClassesComeAsIndicesOrProbabilities) {
  DecisionMap map = bare(1, 3, {0, 1, 2});
  map.classes = 3;
  const Picture indices = draw(map);
  map.values = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  const Picture shares = draw(map);
  for (int64_t k = 0; k < 3; ++k) {
    EXPECT_TRUE(near(at(indices, 35 + 65 * k, 100), sure(k), 2)) << k;
    EXPECT_TRUE(near(at(shares, 30 + 70 * k, 100), sure(k), 4)) << k;
  }
  map.classes = 2;
  map.columns = 1;
  map.values = {0.0, 1.0};
  EXPECT_TRUE(near(at(draw(map), 100, 100), sure(1), 2));
}

TEST(DecisionMap, WhatIsNoAnswerIsGrey) {
  EXPECT_TRUE(near(at(draw(bare(1, 1, {kNan})), 100, 100), {190, 190, 190}, 0));
  DecisionMap map = bare(1, 3, {7, kNan, -1});
  map.classes = 3;
  EXPECT_GT(count(draw(map), {190, 190, 190}), 25000);
}

TEST(DecisionMap, PointsHaveTheColourOfTheirClassAndTestPointsADarkRim) {
  DecisionMap map = bare(1, 1, {0});
  map.points = {{0, 0, 1, false}};
  const Picture train = draw(map);
  EXPECT_EQ(at(train, 100, 100), palette(1));
  EXPECT_EQ(count(train, {20, 20, 20}, 25), 0);
  map.points[0].test = true;
  const Picture test = draw(map);
  EXPECT_EQ(at(test, 100, 100), palette(1));
  EXPECT_GT(count(test, {20, 20, 20}, 25), 5);
}

TEST(DecisionMap, PointsStandWhereTheirNumbersSay) {
  DecisionMap map = bare(1, 1, {0});
  map.x_range = {0, 4};
  map.y_range = {0, 4};
  map.points = {{1, 3, 1, false}, {9, 9, 1, false}, {kNan, 1, 1, true}};
  const Picture picture = draw(map);
  EXPECT_GT(count(picture, palette(1), {14, 14, 100, 100}), 20);
  EXPECT_EQ(count(picture, palette(1)), count(picture, palette(1), {14, 14, 100, 100}));
}

TEST(DecisionMap, FrameLegendAndTitleStayInside) {
  DecisionMap map = bare(2, 2, {0, 1, 1, 0});
  map.axes = map.legend = true;
  map.title = "A title that is much too long for a picture of two hundred pixels, is it not?";
  map.class_names = {"the first of the classes, with a long name", "the second"};
  map.points = {{0, 0, 1, false}, {0.5, 0.5, 0, true}};
  for (const int64_t side : {120, 200, 640}) {
    map.width = map.height = side;
    const Picture picture = draw(map);
    EXPECT_EQ(picture.width, side);
    expect_white_edge(picture);
  }
  map.classes = 300;
  map.class_names.clear();
  map.width = map.height = 300;
  expect_white_edge(draw(map));
}

TEST(DecisionMap, NumbersThatDoNotFitAreRefused) {
  expect_error("3 values", [] { draw(bare(2, 2, {0, 1, 1})); });
  DecisionMap map = bare(1, 1, {0});
  map.points = {{0, 0, 2, false}};
  expect_error("label 2", [&] { draw(map); });
  map.points.clear();
  map.x_range = {1, -1};
  expect_error("x axis from 1 to -1", [&] { draw(map); });
  map.classes = 1;
  expect_error("classes", [&] { draw(map); });
}

}  // namespace
