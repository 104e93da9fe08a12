#include "common/plot/strips.h"

#include <algorithm>
#include <cmath>

#include "common/base/error.h"
#include "common/plot/colours.h"
#include "common/plot/internal/canvas.h"
#include "common/plot/internal/frame.h"

namespace common::plot {

using internal::Frame;
using internal::Point;

Picture draw(const StripChart& chart) {
  const auto n = static_cast<int64_t>(chart.strips.size());
  base::require(n >= 1 && n <= 50, "a strip chart shows 1 to 50 strips, not " + std::to_string(n));
  base::require(
      chart.width >= 200 && chart.width <= 8000,
      "strip chart of a width of " + std::to_string(chart.width) + " pixels: wanted 200 to 8000");
  const double factor = internal::text_factor(static_cast<double>(chart.width), 600);
  double names = 0;         // pixels
  std::vector<double> all;  // axis_range() leaves out what is not finite
  for (const Strip& strip : chart.strips) {
    all.insert(all.end(), strip.values.begin(), strip.values.end());
    names = std::max(names, internal::text_width(strip.name, 14 * factor));
  }
  const auto count = static_cast<double>(n);
  internal::Canvas canvas(chart.width, std::llround((120 + 44 * count) * factor));
  Frame frame = internal::layout_frame({chart.title,
                                        {chart.x_label, axis_range(all, false, 0.05)},
                                        {"", {0.5, count + 0.5}},
                                        /*axes=*/true,
                                        factor},
                                       {names, 0, canvas.width(), canvas.height()});
  frame.outer.left = 0;  // the title stands in the middle of the picture
  frame.y_ticks = {};
  frame.y_minor.clear();
  for (int64_t i = 0; i < n; ++i) {
    frame.y_ticks.at.push_back(count - static_cast<double>(i));
    frame.y_ticks.labels.push_back(chart.strips[static_cast<size_t>(i)].name);
  }
  internal::draw_frame(canvas, frame, /*grid_lines=*/true);

  for (int64_t i = 0; i < n; ++i) {
    const double row = count - static_cast<double>(i);
    double sum = 0, shown = 0;
    for (const double value : chart.strips[static_cast<size_t>(i)].values) {
      if (!std::isfinite(value)) continue;
      canvas.disc(frame.at(value, row), 5 * factor, palette(i));
      sum += value;
      ++shown;
    }
    if (shown == 0) continue;
    const Point mean = frame.at(sum / shown, row);
    const double half = 15 * factor;
    canvas.line({mean.x, mean.y - half}, {mean.x, mean.y + half}, palette(i), 3 * factor);
  }
  return canvas.finish();
}

}  // namespace common::plot
