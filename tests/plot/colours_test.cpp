// Palette, colour maps and scales.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <set>

#include "common/plot/colour_scale.h"
#include "common/plot/colours.h"
#include "tests/plot/pixels.h"

namespace {

using namespace common::plot;
using namespace plot_test;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

double contrast(Colour a, Colour b) {
  const double la = luminance(a) + 0.05;
  const double lb = luminance(b) + 0.05;
  return la > lb ? la / lb : lb / la;
}

TEST(Palette, HasEightDifferentColoursAndRepeats) {
  std::set<std::tuple<int, int, int>> seen;
  for (int64_t k = 0; k < kPaletteSize; ++k) {
    const Colour c = palette(k);
    seen.insert({c.r, c.g, c.b});
    EXPECT_EQ(palette(k + kPaletteSize), c);
  }
  EXPECT_EQ(seen.size(), 8u);
  EXPECT_EQ(palette(0), (Colour{0, 114, 178}));
  EXPECT_EQ(palette(-3), palette(0));
}

TEST(Sequential, IsViridis) {
  cv::Mat1b grey(1, 256);
  for (int i = 0; i < 256; ++i) grey(0, i) = static_cast<uint8_t>(i);
  cv::Mat3b bgr;
  cv::applyColorMap(grey, bgr, cv::COLORMAP_VIRIDIS);
  for (int i = 0; i < 256; ++i) {
    const cv::Vec3b c = bgr(0, i);
    EXPECT_TRUE(near(sequential(i / 255.0), {c[2], c[1], c[0]}, 7)) << i;
  }
}

TEST(Sequential, GetsBrighterAllTheWay) {
  for (int i = 1; i <= 100; ++i) {
    EXPECT_GT(luminance(sequential(i / 100.0)), luminance(sequential((i - 1) / 100.0)));
    EXPECT_LT(luminance(shade(i / 100.0)), luminance(shade((i - 1) / 100.0)));
  }
}

TEST(Diverging, IsWhiteAtZeroBlueBelowRedAbove) {
  EXPECT_EQ(diverging(0), kWhite);
  EXPECT_EQ(diverging(-1), (Colour{5, 48, 97}));
  EXPECT_EQ(diverging(1), (Colour{103, 0, 31}));
  EXPECT_EQ(diverging(7), diverging(1));
  EXPECT_EQ(diverging(kNan), sequential(kNan));
}

TEST(ReadableOn, ReachesTheContrastOfWcagAAOnEveryMap) {
  for (int i = 0; i <= 1000; ++i) {
    for (const Colour c : {sequential(i / 1000.0), diverging(i / 500.0 - 1), shade(i / 1000.0)}) {
      EXPECT_GE(contrast(c, readable_on(c)), 4.5) << i;
    }
  }
}

TEST(ColourScale, DivergingRangesAreSymmetric) {
  const std::vector<double> values = {-0.5, 2, kNan};
  EXPECT_EQ(scale_range(values, ColourScale::kDiverging), (Range{-2, 2}));
  EXPECT_EQ(scale_range(values, ColourScale::kDiverging, Range{-3, 1}), (Range{-3, 3}));
  EXPECT_EQ(scale_range(values, ColourScale::kSequential), (Range{-0.5, 2}));
  EXPECT_EQ(scale_range(values, ColourScale::kPlain), (Range{0, 1}));
  EXPECT_EQ(scale_colour(0, ColourScale::kDiverging, {-2, 2}), kWhite);
}

TEST(ColourScale, EveryInputGivesARangeWithLength) {
  for (const ColourScale scale :
       {ColourScale::kShade, ColourScale::kSequential, ColourScale::kDiverging}) {
    for (const std::vector<double>& values :
         std::vector<std::vector<double>>{{}, {kNan}, {0}, {3, 3}, {-1.7e308, 1.7e308}, {1e-320}}) {
      const Range range = scale_range(values, scale);
      EXPECT_LT(range.low, range.high);
      EXPECT_TRUE(std::isfinite(range.high - range.low));
    }
  }
}

TEST(ColourScale, ClampsAndMarksWhatIsMissing) {
  EXPECT_EQ(scale_colour(-4, ColourScale::kPlain, {0, 1}), (Colour{0, 0, 0}));
  EXPECT_EQ(scale_colour(1e308, ColourScale::kPlain, {0, 1}), kWhite);
  EXPECT_EQ(scale_colour(kNan, ColourScale::kPlain, {0, 1}), sequential(kNan));
  expect_error("colour range", [] { scale_range({}, ColourScale::kPlain, Range{1, 1}); });
}

}  // namespace
