// Image grids: exact pixels, colours, captions, odd input.
#include "common/plot/image_grid.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/plot/pixels.h"

namespace {

using namespace common::plot;
using namespace plot_test;

constexpr Colour kBlack{0, 0, 0};
constexpr Colour kHalf{128, 128, 128};

ImageGrid grey(std::vector<double> pixels, int64_t height, int64_t width) {
  ImageGrid grid;
  grid.height = height;
  grid.width = width;
  grid.pixels = std::move(pixels);
  return grid;
}

TEST(ImageGrid, MagnifiesWithoutBlur) {
  ImageGrid grid = grey({0, 0.5, 0.5, 0}, 2, 2);
  grid.scale = 10;
  const Picture picture = draw(grid);
  EXPECT_EQ(picture.width, 20 + 2 * 16);
  EXPECT_EQ(count(picture, kBlack), 2 * 100);
  EXPECT_EQ(count(picture, kHalf), 2 * 100);
  EXPECT_EQ(count(picture, kBlack, {16, 16, 26, 26}), 100);  // row 0, column 0
  EXPECT_EQ(count(picture, kHalf, {26, 16, 36, 26}), 100);   // row 0, column 1
}

TEST(ImageGrid, ThreeChannelsAreRedGreenBlue) {
  ImageGrid grid = grey({1, 0, 0, 0, 1, 0, 0, 0, 1}, 1, 3);
  grid.channels = 3;
  grid.scale = 8;
  const Picture picture = draw(grid);
  EXPECT_EQ(at(picture, 20, 20), (Colour{255, 0, 0}));
  EXPECT_EQ(at(picture, 28, 20), (Colour{0, 255, 0}));
  EXPECT_EQ(at(picture, 36, 20), (Colour{0, 0, 255}));
}

TEST(ImageGrid, BytesBecomeTheSameGreys) {
  const std::vector<uint8_t> bytes = {0, 1, 127, 128, 254, 255};
  ImageGrid grid = grey(unit_pixels(bytes), 1, 6);
  grid.scale = 4;
  const Picture picture = draw(grid);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int64_t x = (picture.width - 24) / 2 + 4 * static_cast<int64_t>(i) + 1;
    EXPECT_EQ(at(picture, x, 17).r, bytes[i]);
  }
}

TEST(ImageGrid, ImagesFollowEachOtherInRows) {
  std::vector<double> pixels(5, 0.0);
  pixels[3] = 0.5;
  ImageGrid grid = grey(pixels, 1, 1);
  grid.columns = 3;
  grid.scale = 20;
  const Picture picture = draw(grid);
  EXPECT_EQ(count(picture, kBlack), 4 * 400);
  EXPECT_EQ(count(picture, kHalf, {16, 16 + 26, 36, 16 + 46}), 400);  // the fourth starts row two
}

TEST(ImageGrid, DivergingShowsZeroWhiteAndOppositesAlike) {
  ImageGrid grid = grey({-2, 0, 1, 2}, 1, 4);
  grid.colours = ColourScale::kDiverging;
  grid.scale = 30;
  const Picture picture = draw(grid);
  EXPECT_EQ(at(picture, 16 + 15, 30), diverging(-1));
  EXPECT_EQ(at(picture, 16 + 45, 30), kWhite);
  EXPECT_EQ(at(picture, 16 + 75, 30), diverging(0.5));
  EXPECT_EQ(at(picture, 16 + 105, 30), diverging(1));
  EXPECT_GT(picture.width, 16 + 120 + 16 + 40);  // room for the colour bar
}

TEST(ImageGrid, CaptionsStandUnderImagesAndNothingIsCutOff) {
  ImageGrid grid = grey(std::vector<double>(4 * 6, 0.5), 2, 2);
  const Picture plain = draw(grid);
  grid.captions = {
      "is 3, said 5", "", "a caption that is far too long for its image", "4", "5", "6"};
  grid.title = "A title";
  const Picture named = draw(grid);
  EXPECT_GT(named.height, plain.height + 2 * 15);
  expect_white_edge(named);
  grid.colours = ColourScale::kSequential;
  expect_white_edge(draw(grid));
}

TEST(ImageGrid, OddNumbersGiveAPicture) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const ColourScale colours : {ColourScale::kPlain, ColourScale::kShade,
                                    ColourScale::kSequential, ColourScale::kDiverging}) {
    for (const std::vector<double>& values :
         std::vector<std::vector<double>>{{nan, nan}, {0, 0}, {1e300, -1e300}, {INFINITY, 1}}) {
      ImageGrid grid = grey(values, 1, 2);
      grid.colours = colours;
      EXPECT_GT(draw(grid).width, 0);
    }
  }
}

TEST(ImageGrid, WhatDoesNotFitIsRefused) {
  expect_error("no whole images", [] { draw(grey({1, 2, 3}, 2, 2)); });
  expect_error("0 numbers", [] { draw(grey({}, 2, 2)); });
  expect_error("0 x 2", [] { draw(grey({1}, 2, 0)); });
  ImageGrid grid = grey({1, 2, 3, 4}, 2, 2);
  grid.captions = {"a", "b"};
  expect_error("2 captions for 1", [&] { draw(grid); });
  grid.captions.clear();
  grid.channels = 2;
  expect_error("2 channels", [&] { draw(grid); });
}

}  // namespace
