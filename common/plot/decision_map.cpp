// The decision map: the field of answers, its boundary, the points, the legend.
#include "common/plot/decision_map.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "common/base/error.h"
#include "common/plot/internal/canvas.h"
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

constexpr int kNoClass = -1;

bool is_probability_of_each(const DecisionMap& map) {
  return static_cast<int64_t>(map.values.size()) == map.rows * map.columns * map.classes;
}

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
                    is_probability_of_each(map),
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

// The winning class of every canvas pixel and how sure it is, 0 (as good as another) to 1.
struct Field {
  cv::Mat1i winner;
  cv::Mat1d sureness;
};

// One number of each cell, upside down as pictures are, magnified to `size`.
cv::Mat1d magnified(const DecisionMap& map, int64_t channel, int64_t channels, cv::Size size,
                    int how) {
  cv::Mat1d cells(static_cast<int>(map.rows), static_cast<int>(map.columns));
  for (int row = 0; row < cells.rows; ++row) {
    for (int column = 0; column < cells.cols; ++column) {
      const int64_t cell = (map.rows - 1 - row) * map.columns + column;
      cells(row, column) = map.values[cell * channels + channel];
    }
  }
  cv::Mat1d result;
  cv::resize(cells, result, size, 0, 0, how);
  return result;
}

Field field_of_indices(const DecisionMap& map, cv::Size size) {
  const cv::Mat1d index = magnified(map, 0, 1, size, cv::INTER_NEAREST);
  Field field{cv::Mat1i(size, kNoClass), cv::Mat1d(size, 1.0)};
  for (int row = 0; row < size.height; ++row) {
    for (int column = 0; column < size.width; ++column) {
      const double value = std::round(index(row, column));
      if (value >= 0 && value < static_cast<double>(map.classes)) {
        field.winner(row, column) = static_cast<int>(value);
      }
    }
  }
  return field;
}

Field field_of_binary(const DecisionMap& map, cv::Size size) {
  const cv::Mat1d p = magnified(map, 0, 1, size, cv::INTER_LINEAR);
  Field field{cv::Mat1i(size, kNoClass), cv::Mat1d(size, 0.0)};
  for (int row = 0; row < size.height; ++row) {
    for (int column = 0; column < size.width; ++column) {
      const double value = p(row, column);
      if (std::isnan(value)) continue;
      field.winner(row, column) = value > 0.5 ? 1 : 0;
      field.sureness(row, column) = std::min(1.0, std::abs(2 * value - 1));
    }
  }
  return field;
}

Field field_of_probabilities(const DecisionMap& map, cv::Size size) {
  Field field{cv::Mat1i(size, kNoClass), cv::Mat1d(size, 0.0)};
  cv::Mat1d best(size, -1.0);
  for (int64_t k = 0; k < map.classes; ++k) {
    const cv::Mat1d p = magnified(map, k, map.classes, size, cv::INTER_LINEAR);
    for (int row = 0; row < size.height; ++row) {
      for (int column = 0; column < size.width; ++column) {
        if (!(p(row, column) > best(row, column))) continue;
        best(row, column) = p(row, column);
        field.winner(row, column) = static_cast<int>(k);
      }
    }
  }
  const double chance = 1.0 / static_cast<double>(map.classes);
  field.sureness = cv::max(0.0, cv::min(1.0, (best - chance) / (1 - chance)));
  return field;
}

Field field_of(const DecisionMap& map, cv::Size size) {
  if (is_probability_of_each(map)) return field_of_probabilities(map, size);
  return map.classes == 2 ? field_of_binary(map, size) : field_of_indices(map, size);
}

// The colours of one class from unsure to sure, and of no class: looked up for millions of pixels.
class FieldColours {
 public:
  explicit FieldColours(int64_t classes) {
    for (int64_t k = 0; k < classes; ++k) {
      for (int level = 0; level < kLevels; ++level) {
        const Colour c = mix(internal::kPaper, palette(k), 0.08 + 0.47 * level / (kLevels - 1));
        table_.emplace_back(c.r, c.g, c.b);
      }
    }
  }
  cv::Vec3b at(int winner, double sureness) const {
    if (winner == kNoClass) return {190, 190, 190};
    return table_[winner * kLevels + static_cast<int>(sureness * (kLevels - 1) + 0.5)];
  }

 private:
  static constexpr int kLevels = 256;
  std::vector<cv::Vec3b> table_;
};

// Marks the pixels within `reach` of another class.
cv::Mat1b boundary_of(const cv::Mat1i& winner, int reach) {
  cv::Mat1b edge(winner.size(), uint8_t{0});
  for (int row = 0; row < winner.rows; ++row) {
    for (int column = 0; column < winner.cols; ++column) {
      const int here = winner(row, column);
      const bool differs = (row + 1 < winner.rows && winner(row + 1, column) != here) ||
                           (column + 1 < winner.cols && winner(row, column + 1) != here);
      edge(row, column) = differs ? 255 : 0;
    }
  }
  const cv::Mat disc =
      cv::getStructuringElement(cv::MORPH_ELLIPSE, cv::Size(2 * reach + 1, 2 * reach + 1));
  cv::dilate(edge, edge, disc);
  return edge;
}

void draw_field(Canvas& canvas, const DecisionMap& map, const Box& plot) {
  cv::Mat3b pixels = canvas.area(plot);
  if (pixels.empty()) return;
  const Field field = field_of(map, pixels.size());
  const int reach = std::max(1, static_cast<int>(std::lround(pixels.cols / plot.width() * 0.7)));
  const FieldColours colours(map.classes);
  const cv::Mat1b edge = boundary_of(field.winner, reach);
  for (int row = 0; row < pixels.rows; ++row) {
    for (int column = 0; column < pixels.cols; ++column) {
      pixels(row, column) = edge(row, column) != 0 ? cv::Vec3b(70, 70, 70)
                                                   : colours.at(field.winner(row, column),
                                                                field.sureness(row, column));
    }
  }
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
  draw_field(canvas, map, frame.plot);
  internal::draw_frame(canvas, frame, /*grid_lines=*/false);
  draw_points(canvas, map, frame);
  internal::draw_rows(canvas, legend, {frame.plot.centre().x, outer.bottom});
  return canvas.finish();
}

}  // namespace common::plot
