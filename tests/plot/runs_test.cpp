// Clipping, thinning and breaking of curves.
#include "common/plot/internal/runs.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace {

using namespace common::plot::internal;

constexpr Box kBox{0, 0, 10, 10};

TEST(ClipLine, CutsAtTheSidesOfTheBox) {
  Point a{-10, 5}, b{30, 5};
  ASSERT_TRUE(clip_line(a, b, kBox));
  EXPECT_DOUBLE_EQ(a.x, 0);
  EXPECT_DOUBLE_EQ(b.x, 10);
  Point c{-5, -5}, d{5, 5};
  ASSERT_TRUE(clip_line(c, d, kBox));
  EXPECT_NEAR(c.x, 0, 1e-12);
  EXPECT_NEAR(c.y, 0, 1e-12);
  EXPECT_DOUBLE_EQ(d.x, 5);
}

TEST(ClipLine, KeepsWhatLiesInsideAndDropsWhatPassesBy) {
  Point a{1, 2}, b{3, 4};
  ASSERT_TRUE(clip_line(a, b, kBox));
  EXPECT_DOUBLE_EQ(a.x, 1);
  EXPECT_DOUBLE_EQ(b.y, 4);
  Point c{-5, 8}, d{5, 20};
  EXPECT_FALSE(clip_line(c, d, kBox));
  Point e{-1, 5}, f{-1, 7};
  EXPECT_FALSE(clip_line(e, f, kBox));
  Point g{11, 5}, h = g;
  EXPECT_FALSE(clip_line(g, h, kBox));
}

TEST(Crosses, SeesALineThatHasNoPointInside) {
  EXPECT_TRUE(crosses({{-5, 5}, {15, 5}}, kBox));
  EXPECT_FALSE(crosses({{-5, 12}, {15, 12}}, kBox));
  EXPECT_TRUE(crosses({{5, 5}}, kBox));
  EXPECT_FALSE(crosses({}, kBox));
}

TEST(Thinned, KeepsPeaksAndEndsOfALongRun) {
  PixelRun run;
  for (int i = 0; i < 100000; ++i) run.push_back({i / 100.0, 50});
  run[51234].y = 1;
  run[51235].y = 99;
  const PixelRun thin = thinned(run);
  EXPECT_LE(thin.size(), 4004u);
  EXPECT_DOUBLE_EQ(thin.front().x, 0);
  EXPECT_DOUBLE_EQ(thin.back().x, 999.99);
  const auto has = [&](double y) {
    return std::any_of(thin.begin(), thin.end(), [y](Point p) { return p.y == y; });
  };
  EXPECT_TRUE(has(1));
  EXPECT_TRUE(has(99));
  EXPECT_TRUE(std::is_sorted(thin.begin(), thin.end(), [](Point p, Point q) { return p.x < q.x; }));
}

TEST(RunsOf, BreakWhereANumberIsMissingOrNotPositiveOnALogAxis) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> x = {0, 1, 2, 3, 4, 5};
  const std::vector<double> y = {1, 2, nan, 4, -1, 3};
  Frame frame;
  frame.plot = kBox;
  frame.x = {"", {0, 5}};
  frame.y = {"", {0.5, 5}};
  const auto runs = runs_of(x, y, frame);
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0].size(), 2u);
  EXPECT_EQ(runs[1].size(), 3u);
  frame.y.log = true;
  EXPECT_EQ(runs_of(x, y, frame).size(), 3u);
}

TEST(FrameAt, PutsTheEndsOfTheRangesOnTheCornersOfThePlot) {
  Frame frame;
  frame.plot = kBox;
  frame.x = {"", {1, 100}, true};
  frame.y = {"", {-1e300, 1e300}};
  EXPECT_NEAR(frame.at(1, -1e300).x, 0, 1e-9);
  EXPECT_NEAR(frame.at(10, 0).x, 5, 1e-9);
  EXPECT_NEAR(frame.at(10, 0).y, 5, 1e-9);
  EXPECT_NEAR(frame.at(100, 1e300).y, 0, 1e-9);
  EXPECT_TRUE(std::isfinite(frame.at(-1, 1.7e308).y));
}

}  // namespace
