// The heat map: cells, names around them, numbers in them, colour bar.
#include "common/plot/heat_map.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "common/base/error.h"
#include "common/plot/internal/canvas.h"
#include "common/plot/internal/colour_bar.h"

namespace common::plot {
namespace {

using internal::Align;
using internal::Box;
using internal::Canvas;
using internal::FittedText;

constexpr double kMargin = 16;
constexpr double kTitle = 19;
constexpr double kLabel = 16;
constexpr double kName = 14;
constexpr double kNumber = 14;
constexpr double kBarText = 13;
constexpr double kLongestName = 170;  // pixels; longer names are cut

void check(const HeatMap& map) {
  const auto size_is = [](std::size_t size, int64_t wanted) {
    return static_cast<int64_t>(size) == wanted;
  };
  base::require(
      map.rows >= 1 && map.columns >= 1 && size_is(map.values.size(), map.rows * map.columns),
      "heat map: " + std::to_string(map.values.size()) + " values, wanted " +
          std::to_string(map.rows) + " rows x " + std::to_string(map.columns) +
          " columns, at least one of each");
  base::require((map.row_names.empty() || size_is(map.row_names.size(), map.rows)) &&
                    (map.column_names.empty() || size_is(map.column_names.size(), map.columns)),
                "heat map: " + std::to_string(map.row_names.size()) + " row names and " +
                    std::to_string(map.column_names.size()) + " column names for " +
                    std::to_string(map.rows) + " x " + std::to_string(map.columns) +
                    " cells; give one each or none");
  base::require(map.texts.empty() || size_is(map.texts.size(), map.rows * map.columns),
                "heat map: " + std::to_string(map.texts.size()) + " texts for " +
                    std::to_string(map.rows * map.columns) + " cells; give one each or none");
}

// Numbers below 100 with as many decimals as the longest needs, so that columns line up.
std::vector<std::string> number_texts(const std::vector<double>& values, int digits) {
  std::vector<std::string> texts;
  std::size_t decimals = 0;
  bool plain = true;
  for (const double value : values) {
    texts.push_back(short_number(value, digits));
    const std::size_t point = texts.back().find('.');
    if (point != std::string::npos) decimals = std::max(decimals, texts.back().size() - point - 1);
    plain = plain && !(std::abs(value) >= 100) && texts.back().find('e') == std::string::npos;
  }
  if (!plain) return texts;
  decimals = std::min(decimals, static_cast<std::size_t>(std::max(digits, 0)));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) continue;
    char text[40];
    std::snprintf(text, sizeof text, "%.*f", static_cast<int>(decimals), values[i]);
    texts[i] = std::strtod(text, nullptr) == 0 && text[0] == '-' ? text + 1 : text;
  }
  return texts;
}

std::vector<std::string> cell_texts(const HeatMap& map) {
  if (!map.print_values || map.rows * map.columns > 10000) return {};
  if (!map.texts.empty()) return map.texts;
  return number_texts(map.values, map.digits);
}

double widest(const std::vector<std::string>& texts, double size) {
  double result = 0;
  for (const std::string& text : texts) result = std::max(result, internal::text_width(text, size));
  return result;
}

std::vector<std::string> cut_names(const std::vector<std::string>& names) {
  std::vector<std::string> result;
  for (const std::string& name : names) {
    result.push_back(internal::cut_text(name, kName, kLongestName));
  }
  return result;
}

// Where everything goes.
struct Layout {
  std::vector<std::string> texts;  // empty: the cells are too small for them
  std::vector<std::string> row_names, column_names;
  double cell_width = 0;
  double cell_height = 0;
  double number_size = kNumber;
  bool names_upright = false;  // column names written upwards
  double names_width = 0;      // of the row names
  double names_height = 0;     // of the column names
  Box cells;
  double bar_width = 0;
  FittedText title;
  double width = 0;
  double height = 0;
};

// Cells wide enough for their numbers and, where there are few, for the names under them.
void size_cells(const HeatMap& map, Layout& l) {
  constexpr double kMost = 1100;      // pixels of all cells together, with numbers
  constexpr double kMostPlain = 760;  // without
  const auto rows = static_cast<double>(map.rows);
  const auto columns = static_cast<double>(map.columns);
  l.texts = cell_texts(map);
  const double text = widest(l.texts, kNumber);
  const double name = map.columns <= 12 ? std::min(widest(l.column_names, kName), 110.0) : 0;
  const double wanted = std::clamp(std::max({text + 16, name + 12, 420 / columns}), 4.0, 130.0);
  l.cell_width = std::floor(std::min(wanted, kMost / columns));
  l.cell_height = std::floor(std::min(std::max(30.0, std::min(420 / rows, wanted)), kMost / rows));
  l.number_size =
      std::min({kNumber, kNumber * (l.cell_width - 6) / std::max(text, 1.0), 0.62 * l.cell_height});
  if (!l.texts.empty() && l.number_size >= 9) return;
  l.texts.clear();  // no numbers: square cells
  const double side = std::min(std::max({420 / std::max(rows, columns), name + 12, 4.0}),
                               kMostPlain / std::max(rows, columns));
  l.cell_width = l.cell_height = side >= 2 ? std::floor(side) : side;
}

Layout layout(const HeatMap& map, Range range) {
  Layout l;
  l.row_names = cut_names(map.row_names);
  l.column_names = cut_names(map.column_names);
  size_cells(map, l);
  l.names_width = l.row_names.empty() ? 0 : widest(l.row_names, kName) + 8;
  l.names_upright = widest(l.column_names, kName) > l.cell_width - 6;
  l.names_height = l.column_names.empty() ? 0
                   : l.names_upright      ? widest(l.column_names, kName) + 12
                                          : kName + 8;
  const double cells_width = l.cell_width * static_cast<double>(map.columns);
  const double cells_height = l.cell_height * static_cast<double>(map.rows);
  l.bar_width = internal::colour_bar_width(range, cells_height, kBarText) +
                (map.bar_label.empty() ? 0 : kName + 10);
  const double left = kMargin + (map.y_label.empty() ? 0 : kLabel + 14) + l.names_width;
  l.width = std::max(left + cells_width + l.bar_width + kMargin, 300.0);
  l.title = internal::fit_text(map.title, kTitle, l.width - 2 * kMargin, 3, /*bold=*/true);
  const double top = std::ceil(kMargin + (l.title.lines.empty() ? 0 : l.title.height() + kMargin));
  const double shift = std::floor((l.width - (left + cells_width + l.bar_width + kMargin)) / 2);
  l.cells = {std::round(left + shift), top, std::round(left + shift) + cells_width,
             top + cells_height};
  l.height = l.cells.bottom + l.names_height + (map.x_label.empty() ? 0 : kLabel + 12) + kMargin;
  return l;
}

Picture cell_picture(const HeatMap& map, Range range) {
  Picture picture{map.columns, map.rows, {}};
  for (const double value : map.values) {
    const Colour c = scale_colour(value, map.colours, range);
    picture.rgb.insert(picture.rgb.end(), {c.r, c.g, c.b});
  }
  return picture;
}

void draw_names(Canvas& canvas, const HeatMap& map, const Layout& l) {
  const auto stride = [](double cell) {
    return std::max<int64_t>(1, static_cast<int64_t>(std::ceil(1.25 * kName / cell)));
  };
  for (std::size_t i = 0; i < l.row_names.size(); i += stride(l.cell_height)) {
    const double y = l.cells.top + (static_cast<double>(i) + 0.5) * l.cell_height;
    canvas.text({l.cells.left - 8, y}, l.row_names[i], {kName, internal::kInk, Align::kRight});
  }
  const int64_t step = l.names_upright ? stride(l.cell_width) : 1;
  for (std::size_t i = 0; i < l.column_names.size(); i += step) {
    const double x = l.cells.left + (static_cast<double>(i) + 0.5) * l.cell_width;
    if (l.names_upright) {
      const double wide = internal::text_width(l.column_names[i], kName);
      canvas.text_up({x, l.cells.bottom + 8 + wide / 2}, l.column_names[i], {kName});
    } else {
      canvas.text({x, l.cells.bottom + 8 + kName / 2}, l.column_names[i],
                  {kName, internal::kInk, Align::kCentre});
    }
  }
  const FittedText x_label = internal::fit_text(map.x_label, kLabel, l.width - 2 * kMargin, 1);
  canvas.text({l.cells.centre().x, l.cells.bottom + l.names_height + 12}, x_label,
              {.align = Align::kCentre});
  const FittedText y_label = internal::fit_text(map.y_label, kLabel, l.height - 2 * kMargin, 1);
  if (!y_label.lines.empty()) {
    canvas.text_up({l.cells.left - l.names_width - 14 - kLabel / 2, l.cells.centre().y},
                   y_label.lines.front(), {y_label.size});
  }
  const FittedText bar_label = internal::fit_text(map.bar_label, kName, l.cells.height(), 1);
  if (!bar_label.lines.empty()) {
    canvas.text_up({l.cells.right + l.bar_width - kName / 2, l.cells.centre().y},
                   bar_label.lines.front(), {bar_label.size, internal::kSoftInk});
  }
}

void draw_cells(Canvas& canvas, const HeatMap& map, const Layout& l, Range range) {
  canvas.image(cell_picture(map, range), l.cells);
  if (std::min(l.cell_width, l.cell_height) >= 24) {  // thin white lines between cells
    for (int64_t i = 1; i < map.rows; ++i) {
      const double y = l.cells.top + static_cast<double>(i) * l.cell_height;
      canvas.fill({l.cells.left, y - 0.5, l.cells.right, y + 0.5}, internal::kPaper);
    }
    for (int64_t i = 1; i < map.columns; ++i) {
      const double x = l.cells.left + static_cast<double>(i) * l.cell_width;
      canvas.fill({x - 0.5, l.cells.top, x + 0.5, l.cells.bottom}, internal::kPaper);
    }
  }
  canvas.outline(l.cells, internal::kAxis, 1);
  for (std::size_t i = 0; i < l.texts.size(); ++i) {
    const auto row = static_cast<double>(static_cast<int64_t>(i) / map.columns);
    const auto column = static_cast<double>(static_cast<int64_t>(i) % map.columns);
    const Colour ink = readable_on(scale_colour(map.values[i], map.colours, range));
    canvas.text(
        {l.cells.left + (column + 0.5) * l.cell_width, l.cells.top + (row + 0.5) * l.cell_height},
        l.texts[i], {l.number_size, ink, Align::kCentre});
  }
}

}  // namespace

Picture draw(const HeatMap& map) {
  check(map);
  const Range range = map.colours == ColourScale::kPlain && !map.range
                          ? scale_range(map.values, ColourScale::kSequential)
                          : scale_range(map.values, map.colours, map.range);
  const Layout l = layout(map, range);
  Canvas canvas(static_cast<int64_t>(std::ceil(l.width)),
                static_cast<int64_t>(std::ceil(l.height)));
  canvas.text({canvas.width() / 2, kMargin}, l.title, {.align = Align::kCentre, .bold = true});
  draw_cells(canvas, map, l, range);
  draw_names(canvas, map, l);
  internal::draw_colour_bar(canvas, l.cells.right, l.cells.top, l.cells.bottom, map.colours, range,
                            kBarText);
  return canvas.finish();
}

}  // namespace common::plot
