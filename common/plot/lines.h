// Line chart: loss curves, activations and their derivatives, optimizers compared.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/plot/axes.h"
#include "common/plot/colours.h"
#include "common/plot/picture.h"

namespace common::plot {

/// One curve. Points where x or y is NaN or infinite are skipped, and the line is broken there.
struct Series {
  std::string name = {};              // in the legend; empty: not in the legend
  std::vector<double> x = {};         // empty: 0, 1, 2, ...
  std::vector<double> y = {};         // as many as x
  std::vector<double> spread = {};    // empty, or one for each y: a band y - spread to y + spread
  bool line = true;                   // joins the points
  bool points = false;                // marks each point
  bool dashed = false;                // a broken line, for a derivative or a reference
  std::optional<Colour> colour = {};  // default: the palette's, then again dashed
};

/// A chart of one or more curves.
struct LineChart {
  std::string title = {};
  std::string x_label = {};
  std::string y_label = {};
  std::vector<Series> series = {};
  bool log_x = false;
  bool log_y = false;                 // values that are not positive are skipped
  std::optional<Range> x_range = {};  // default: what shows everything
  std::optional<Range> y_range = {};
  int64_t width = 960;  // pixels
  int64_t height = 600;
};

/// Returns the chart. The legend stands in a corner that no curve crosses, else beside the plot.
/// Several charts in a grid: draw each smaller (480 x 360) and `tile` them.
/// Errors: `Error` when x, y and spread of a series differ in length, a given range is not
/// low < high (low > 0 on a log axis), or the size is not within 200 and 8000 pixels.
Picture draw(const LineChart& chart);

}  // namespace common::plot
