// Strip chart: a few numbers for each of a few names, such as the accuracy of each seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/plot/picture.h"

namespace common::plot {

/// One name and its numbers; those that are NaN or infinite are not shown.
struct Strip {
  std::string name;
  std::vector<double> values;
};

/// A row for each strip, the first on top: a dot for each number, a bar at their mean.
struct StripChart {
  std::string title = {};
  std::string x_label = {};
  std::vector<Strip> strips = {};
  int64_t width = 800;  // pixels; the height follows from the strips
};

/// Returns the chart. Errors: `Error` when there is no strip or more than 50, or the width is not
/// within 200 and 8000 pixels.
Picture draw(const StripChart& chart);

}  // namespace common::plot
