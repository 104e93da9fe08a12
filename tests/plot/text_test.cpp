// Text: only what the font can draw, and made to fit.
#include <gtest/gtest.h>

#include "common/plot/internal/canvas.h"
#include "tests/plot/pixels.h"

namespace {

using namespace common::plot::internal;
using namespace plot_test;

TEST(Ascii, KeepsWhatPrintsAndReplacesTheRest) {
  EXPECT_EQ(ascii("loss = 0.5 (a_b) ~"), "loss = 0.5 (a_b) ~");
  EXPECT_EQ(ascii("\u00e9t\u00e9 \u2014 \u03bb = 1 \u00b1 0.1 \u00d7 2\u2026"),
            "ete - lambda = 1 +- 0.1 x 2...");
  EXPECT_EQ(ascii("\u6f22\u5b57 \U0001F600"), "?? ?");
  EXPECT_EQ(ascii("tab\tnew\nline\x7f"), "tab new line?");
}

TEST(Ascii, ReplacesEachBrokenByte) {
  EXPECT_EQ(ascii("a\xff"
                  "b\xc3"),
            "a?b?");
  EXPECT_EQ(ascii("\xe2\x80"
                  "z"),
            "??z");
  EXPECT_EQ(ascii("\xf0"), "?");
}

TEST(FitText, LeavesShortTextShrinksLongerAndWrapsTheLongest) {
  const double wide = text_width("one two three four", 20);
  EXPECT_EQ(fit_text("one two three four", 20, wide + 1, 2).size, 20);
  const FittedText shrunk = fit_text("one two three four", 20, wide * 0.9, 2);
  EXPECT_EQ(shrunk.lines.size(), 1u);
  EXPECT_LT(shrunk.size, 20);
  EXPECT_LE(text_width(shrunk.lines[0], shrunk.size), wide * 0.9);
  EXPECT_EQ(fit_text("one two three four", 20, wide * 0.5, 2).lines.size(), 2u);
  EXPECT_TRUE(fit_text("  ", 20, 100).lines.empty());
}

TEST(FitText, NeverExceedsTheWidthOrTheLines) {
  const std::string text = "Pneumonoultramicroscopic words and shorter ones, one after the other";
  for (double width = 20; width < 900; width += 7) {
    for (const int lines : {1, 2, 3}) {
      const FittedText fitted = fit_text(text, 18, width, lines);
      ASSERT_LE(static_cast<int>(fitted.lines.size()), lines);
      for (const std::string& line : fitted.lines) {
        if (line == "...") continue;  // the least that is ever left
        ASSERT_LE(text_width(line, fitted.size), width + 0.5) << line;
      }
    }
  }
}

TEST(CutText, EndsInDotsOnlyWhereItMust) {
  EXPECT_EQ(cut_text("short", 14, 100), "short");
  const std::string cut = cut_text("a name that is much too long", 14, 100);
  EXPECT_EQ(cut.substr(cut.size() - 3), "...");
  EXPECT_GT(cut.size(), 6u);
}

TEST(Canvas, TextIsAsWideAsMeasuredAndCentredOnItsAnchor) {
  Canvas canvas(300, 60);
  canvas.text({150, 30}, "HEIMHEIM", {.size = 20, .align = Align::kCentre});
  const Picture picture = canvas.finish();
  int64_t left = 300, right = 0, top = 60, bottom = 0;
  for (int64_t y = 0; y < 60; ++y) {
    for (int64_t x = 0; x < 300; ++x) {
      if (at(picture, x, y).r > 200) continue;
      left = std::min(left, x);
      right = std::max(right, x);
      top = std::min(top, y);
      bottom = std::max(bottom, y);
    }
  }
  EXPECT_NEAR(static_cast<double>(left + right) / 2, 150, 2.5);
  EXPECT_NEAR(static_cast<double>(top + bottom) / 2, 29.5, 1.5);
  EXPECT_NEAR(static_cast<double>(right - left), text_width("HEIMHEIM", 20), 6);
}

TEST(Canvas, ShapesOutsideAreCutOffWithoutHarm) {
  Canvas canvas(40, 30);
  canvas.line({-1e9, 5}, {1e9, 5}, {0, 0, 0}, 2);
  canvas.fill({-50, -50, 5, 5}, {255, 0, 0});
  canvas.disc({1e7, -1e7}, 5, {0, 0, 0});
  canvas.text({-500, 1000}, "gone", {});
  canvas.text_up({38, 2}, "half gone", {});
  canvas.image({1, 1, {0, 0, 255}}, {35, 25, 400, 400});
  const Picture picture = canvas.finish();
  EXPECT_EQ(picture.width, 40);
  EXPECT_EQ(at(picture, 2, 2), (Colour{255, 0, 0}));
  EXPECT_EQ(at(picture, 38, 28), (Colour{0, 0, 255}));
  expect_error("17000", [] { Canvas(17000, 10); });
}

}  // namespace
