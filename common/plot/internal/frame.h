// The frame of a chart: title, two axes with ticks and labels, and the map from numbers to pixels.
// Internal to common/plot.
#pragma once

#include <string>
#include <vector>

#include "common/plot/axes.h"
#include "common/plot/internal/canvas.h"

namespace common::plot::internal {

/// One axis.
struct Axis {
  std::string label;
  Range range;
  bool log = false;
};

/// What a frame shows; `factor` scales all text (1 in a chart of 960 x 600).
struct FrameSpec {
  std::string title;
  Axis x;
  Axis y;
  bool axes = true;  // false: only the title and the plot
  double factor = 1;
};

/// Where everything of a frame goes, for a given outer box.
struct Frame {
  Box plot;
  Box outer;
  FittedText title;
  FittedText x_label;
  FittedText y_label;
  Ticks x_ticks;
  Ticks y_ticks;
  std::vector<double> x_minor;  // short marks without a label, on log axes
  std::vector<double> y_minor;
  Axis x;
  Axis y;
  double factor = 1;
  bool axes = true;

  /// Returns the pixel of (vx, vy); outside of the plot for numbers outside of the ranges.
  Point at(double vx, double vy) const;
};

/// Returns the share of the text size that suits a picture of so many pixels.
double text_factor(double width, double height);

/// Returns `axis` after a check of its range; `name` is "x" or "y".
/// Errors: `Error` when a range is not finite, not low < high, or not positive on a log axis.
Axis checked(Axis axis, const std::string& name);

Frame layout_frame(const FrameSpec& spec, const Box& outer);

/// Draws title, grid lines, ticks and labels; curves go on top.
void draw_frame(Canvas& canvas, const Frame& frame, bool grid_lines);

}  // namespace common::plot::internal
