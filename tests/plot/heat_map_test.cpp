// Heat maps and confusion matrices.
#include "common/plot/heat_map.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/plot/pixels.h"

namespace {

using namespace common::plot;
using namespace plot_test;

HeatMap matrix(int64_t rows, int64_t columns, std::vector<double> values) {
  HeatMap map;
  map.rows = rows;
  map.columns = columns;
  map.values = std::move(values);
  return map;
}

TEST(HeatMap, CellsHaveTheColoursOfTheirValues) {
  HeatMap map = matrix(1, 3, {0, 1, 4});
  map.print_values = false;
  const Picture picture = draw(map);
  for (const double share : {0.0, 0.25, 1.0}) {
    EXPECT_GT(count(picture, sequential(share), 0), 2000) << share;
  }
  map.colours = ColourScale::kDiverging;
  EXPECT_GT(count(draw(map), diverging(0.25)), 2000);
}

TEST(HeatMap, RowZeroIsOnTop) {
  HeatMap map = matrix(2, 1, {0, 1});
  map.print_values = false;
  const Picture picture = draw(map);
  const Area top{0, 0, picture.width / 2, picture.height / 2};
  const Area bottom{0, picture.height / 2, picture.width / 2, picture.height};
  EXPECT_GT(count(picture, sequential(0), top), count(picture, sequential(0), bottom) + 500);
  EXPECT_GT(count(picture, sequential(1), bottom), count(picture, sequential(1), top) + 500);
}

TEST(HeatMap, PrintsValuesInInkThatReads) {
  HeatMap map = matrix(1, 2, {0, 1});
  const Picture printed = draw(map);
  // White digits on dark violet in the left cell, black digits on yellow in the right one.
  map.print_values = false;
  map.colours = ColourScale::kSequential;
  EXPECT_GT(count(printed, {0, 0, 0}, 20), 10);
  map = matrix(1, 1, {0});
  map.range = Range{0, 1};
  const Picture dark = draw(map);
  const Area middle{100, 60, dark.width - 150, dark.height - 60};
  EXPECT_GT(count(dark, kWhite, middle, 20), 5);
}

TEST(HeatMap, NamesAndLabelsTakeRoomAndStayInside) {
  HeatMap map = matrix(3, 4, std::vector<double>(12, 0.5));
  const Picture bare = draw(map);
  map.row_names = {"one", "a name that is very much too long to be shown in full", "three"};
  map.column_names = {"sepal length", "sepal width", "a column of some importance", "b"};
  map.x_label = "columns";
  map.y_label = "rows";
  map.bar_label = "shares";
  map.title = "A title that is longer than the picture is wide, so that it has to be wrapped";
  const Picture named = draw(map);
  EXPECT_GT(named.width, bare.width + 100);
  EXPECT_GT(named.height, bare.height + 60);
  expect_white_edge(named);
}

TEST(HeatMap, LargeMatricesAndOddNumbersGiveAPicture) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_LT(draw(matrix(200, 300, std::vector<double>(60000, 1))).width, 1400);
  expect_white_edge(draw(matrix(1, 40, std::vector<double>(40, 123456))));
  expect_white_edge(draw(matrix(60, 1, std::vector<double>(60, -1e-7))));
  expect_white_edge(draw(matrix(2, 2, {nan, INFINITY, 1e300, -1e300})));
  expect_white_edge(draw(matrix(1, 1, {nan})));
}

TEST(HeatMap, WhatDoesNotFitIsRefused) {
  expect_error("3 values", [] { draw(matrix(2, 2, {1, 2, 3})); });
  expect_error("0 values", [] { draw(matrix(0, 0, {})); });
  HeatMap map = matrix(1, 1, {1});
  map.row_names = {"a", "b"};
  expect_error("2 row names", [&] { draw(map); });
  map.row_names.clear();
  map.texts = {"a", "b"};
  expect_error("2 texts", [&] { draw(map); });
}

TEST(Confusion, CountsTruthInRowsAndAnswersInColumns) {
  EXPECT_EQ(confusion_counts({0, 0, 1, 2, 2}, {0, 1, 1, 2, 0}, 3),
            (std::vector<int64_t>{1, 1, 0, 0, 1, 0, 1, 0, 1}));
  expect_error("2 true classes and 1", [] { confusion_counts({0, 1}, {0}, 2); });
  expect_error("wanted 0 to 1", [] { confusion_counts({0}, {2}, 2); });
  expect_error("wanted 0 to 1", [] { confusion_counts({-1}, {0}, 2); });
}

TEST(Confusion, AccuracyIsTheShareOfTheDiagonal) {
  EXPECT_DOUBLE_EQ(accuracy({.counts = {3, 1, 0, 4}}), 7.0 / 8);
  EXPECT_DOUBLE_EQ(accuracy({.counts = {0}}), 0);
}

TEST(Confusion, ColourIsTheShareOfTheRow) {
  // Rows of very different size: 1 of 4 is coloured as 250 of 1000 would be.
  const Picture picture = draw(ConfusionMatrix{.counts = {3, 1, 100, 900}});
  for (const double share : {0.75, 0.25, 0.1, 0.9}) {
    EXPECT_GT(count(picture, shade(share)), 5000) << share;
  }
  expect_white_edge(picture);
}

TEST(Confusion, AnEmptyClassIsBlankAndBadCountsAreRefused) {
  const Picture picture = draw(ConfusionMatrix{.counts = {0, 0, 0, 5}});
  EXPECT_GT(count(picture, shade(1)), 5000);
  expect_error("3 counts", [] { draw(ConfusionMatrix{.counts = {1, 2, 3}}); });
  expect_error("0 counts", [] { draw(ConfusionMatrix{}); });
  expect_error("negative", [] { draw(ConfusionMatrix{.counts = {-1}}); });
  expect_error("1 names", [] { draw(ConfusionMatrix{.classes = {"a"}, .counts = {1, 2, 3, 4}}); });
}

}  // namespace
