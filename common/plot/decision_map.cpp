// The decision map: checks, frame, points and legend around the painted field.
#include "common/plot/decision_map.h"

#include <algorithm>

#include "common/base/error.h"
#include "common/plot/internal/canvas.h"
#include "common/plot/internal/decision_field.h"
#include "common/plot/internal/frame.h"
#include "common/plot/internal/legend.h"

namespace common::plot {
namespace {

using internal::Box;
using internal::Canvas;
using internal::Frame;
using internal::LegendItem;
using internal::Mark;
using internal::Point;

void check(const DecisionMap& map) {
  base::require(map.width >= 120 && map.width <= 8000 && map.height >= 120 && map.height <= 8000,
                "decision map of " + std::to_string(map.width) + " x " +
                    std::to_string(map.height) + " pixels: wanted 120 to 8000 each way");
  base::require(map.classes >= 2 && map.classes <= 1000 && map.rows >= 1 && map.columns >= 1 &&
                    map.rows <= 16000 && map.columns <= 16000,
                "decision map: wanted 2 to 1000 classes, 1 to 16000 rows and columns; found " +
                    std::to_string(map.classes) + ", " + std::to_string(map.rows) + " and " +
                    std::to_string(map.columns));
  base::require(static_cast<int64_t>(map.values.size()) == map.rows * map.columns ||
                    internal::is_probability_of_each(map),
                "decision map: " + std::to_string(map.values.size()) + " values, wanted rows x " +
                    "columns = " + std::to_string(map.rows * map.columns) + " or that x classes");
  for (const DataPoint& point : map.points) {
    base::require(point.label >= 0 && point.label < map.classes,
                  "decision map: a point has label " + std::to_string(point.label) +
                      ", wanted 0 to " + std::to_string(map.classes - 1));
  }
  base::require(
      map.class_names.empty() || static_cast<int64_t>(map.class_names.size()) == map.classes,
      "decision map: " + std::to_string(map.class_names.size()) + " class names for " +
          std::to_string(map.classes) + " classes; give one each or none");
}

void draw_points(Canvas& canvas, const DecisionMap& map, const Frame& frame) {
  const double crowd = map.points.size() > 400 ? 0.65 : map.points.size() > 120 ? 0.8 : 1;
  const double radius = std::max(2.2, 6 * frame.factor * crowd);
  for (const bool test : {false, true}) {
    for (const DataPoint& point : map.points) {
      const bool seen = point.x >= map.x_range.low && point.x <= map.x_range.high &&
                        point.y >= map.y_range.low && point.y <= map.y_range.high;
      if (point.test != test || !seen) continue;
      const Point centre = frame.at(point.x, point.y);
      if (test) {
        internal::draw_diamond(canvas, centre, radius, palette(point.label));
      } else {
        internal::draw_disc(canvas, centre, radius, palette(point.label));
      }
    }
  }
}

std::vector<LegendItem> legend_items(const DecisionMap& map) {
  std::vector<LegendItem> items;
  const int64_t named = map.classes <= 12 ? map.classes : 11;
  for (int64_t k = 0; k < named; ++k) {
    items.push_back({map.class_names.empty() ? "class " + std::to_string(k) : map.class_names[k],
                     palette(k), Mark::kSwatch});
  }
  if (named < map.classes) {
    items.push_back(
        {"and " + std::to_string(map.classes - named) + " more", {190, 190, 190}, Mark::kSwatch});
  }
  const auto tests = std::count_if(map.points.begin(), map.points.end(),
                                   [](const DataPoint& point) { return point.test; });
  const auto trains = static_cast<int64_t>(map.points.size()) - tests;
  if (trains > 0 && tests > 0) items.push_back({"train", {120, 120, 120}, Mark::kDisc});
  if (tests > 0) items.push_back({"test", {120, 120, 120}, Mark::kDiamond});
  return items;
}

}  // namespace

std::vector<double> cell_centres(Range x_range, Range y_range, int64_t rows, int64_t columns) {
  base::require(rows >= 1 && columns >= 1, "cell_centres: wanted at least one row and one column");
  std::vector<double> points;
  points.reserve(static_cast<std::size_t>(rows * columns * 2));
  const auto centre = [](Range range, int64_t i, int64_t n) {
    const double share = (static_cast<double>(i) + 0.5) / static_cast<double>(n);
    return range.low + (range.high - range.low) * share;
  };
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < columns; ++column) {
      points.push_back(centre(x_range, column, columns));
      points.push_back(centre(y_range, row, rows));
    }
  }
  return points;
}

Picture draw(const DecisionMap& map) {
  check(map);
  Canvas canvas(map.width, map.height);
  Box outer{0, 0, canvas.width(), canvas.height()};
  const double factor = internal::text_factor(1.3 * outer.width(), outer.height());
  internal::LegendRows legend;
  if (map.legend) {
    legend = internal::layout_rows(legend_items(map), 14.5 * factor, outer.width() - 28 * factor);
    if (legend.height > outer.height() / 3) legend = {};
    outer.bottom -= legend.rows.empty() ? 0 : legend.height + 8 * factor;
  }
  const Frame frame =
      internal::layout_frame({map.title, internal::checked({map.x_label, map.x_range}, "x"),
                              internal::checked({map.y_label, map.y_range}, "y"), map.axes, factor},
                             outer);
  internal::draw_field(canvas, map, frame.plot);
  internal::draw_frame(canvas, frame, /*grid_lines=*/false);
  draw_points(canvas, map, frame);
  internal::draw_rows(canvas, legend, {frame.plot.centre().x, outer.bottom});
  return canvas.finish();
}

}  // namespace common::plot
