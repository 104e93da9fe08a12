// Layout and drawing of legends.
#include "common/plot/internal/legend.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace common::plot::internal {
namespace {

constexpr double kLineWidth = 1.9;  // of a mark; all in text sizes
constexpr double kDotWidth = 1.0;
constexpr double kPad = 0.6;
constexpr double kLineStep = 1.55;
constexpr double kBetween = 1.4;  // between the items of a row

double mark_width(Mark mark) {
  const bool dot = mark == Mark::kDisc || mark == Mark::kDiamond || mark == Mark::kSwatch;
  return dot ? kDotWidth : kLineWidth;
}

void draw_mark(Canvas& canvas, const LegendItem& item, Point left_middle, double size) {
  const Point end{left_middle.x + mark_width(item.mark) * size, left_middle.y};
  const Point middle{(left_middle.x + end.x) / 2, left_middle.y};
  double phase = 0;
  switch (item.mark) {
    case Mark::kLine:
    case Mark::kLineAndPoint:
      canvas.line(left_middle, end, item.colour, 2.4);
      if (item.mark == Mark::kLineAndPoint) canvas.disc(middle, 0.28 * size, item.colour);
      break;
    case Mark::kDashes:
      draw_dashes(canvas, left_middle, end, item.colour, 2.4, phase);
      break;
    case Mark::kPoint:
      canvas.disc(middle, 0.28 * size, item.colour);
      break;
    case Mark::kDisc:
      draw_disc(canvas, middle, 0.42 * size, item.colour);
      break;
    case Mark::kDiamond:
      draw_diamond(canvas, middle, 0.42 * size, item.colour);
      break;
    case Mark::kSwatch:
      canvas.fill({middle.x - 0.4 * size, middle.y - 0.4 * size, middle.x + 0.4 * size,
                   middle.y + 0.4 * size},
                  item.colour);
      break;
  }
}

double item_width(const LegendItem& item, double size) {
  return (mark_width(item.mark) + 0.5) * size + text_width(item.name, size);
}

void draw_item(Canvas& canvas, const LegendItem& item, Point left_middle, double size) {
  draw_mark(canvas, item, left_middle, size);
  canvas.text({left_middle.x + (mark_width(item.mark) + 0.5) * size, left_middle.y}, item.name,
              {size, kInk});
}

LegendItem shortened(const LegendItem& item, double size, double width) {
  LegendItem result = item;
  result.name = cut_text(item.name, size, width - (mark_width(item.mark) + 0.5) * size);
  return result;
}

}  // namespace

void draw_disc(Canvas& canvas, Point centre, double radius, Colour colour) {
  canvas.disc(centre, radius + 1.3, kPaper);
  canvas.disc(centre, radius, colour);
}

void draw_diamond(Canvas& canvas, Point centre, double radius, Colour colour) {
  const auto corners = [&](double r) {
    return std::array<Point, 4>{Point{centre.x - r, centre.y}, Point{centre.x, centre.y - r},
                                Point{centre.x + r, centre.y}, Point{centre.x, centre.y + r}};
  };
  canvas.polygon(corners(1.25 * radius + 1.8), Colour{20, 20, 20});
  canvas.polygon(corners(1.25 * radius), colour);
}

void draw_dashes(Canvas& canvas, Point a, Point b, Colour colour, double width, double& phase) {
  constexpr double kDash = 8;
  constexpr double kGap = 6;
  const double length = std::hypot(b.x - a.x, b.y - a.y);
  if (length <= 0) return;
  const auto along = [&](double d) {
    return Point{a.x + (b.x - a.x) * d / length, a.y + (b.y - a.y) * d / length};
  };
  for (double d = -phase; d < length; d += kDash + kGap) {
    const double from = std::max(d, 0.0);
    const double to = std::min(d + kDash, length);
    if (from < to) canvas.line(along(from), along(to), colour, width);
  }
  phase = std::fmod(phase + length, kDash + kGap);
}

LegendBox layout_legend(const std::vector<LegendItem>& items, double size, double most_width,
                        double most_height) {
  LegendBox legend;
  legend.size = size;
  const double step = kLineStep * size;
  const auto room = static_cast<std::size_t>(
      std::max(1.0, std::floor((most_height - (2 * kPad - 0.55) * size) / step)));
  const std::size_t shown = items.size() <= room ? items.size() : room - 1;
  double widest = 0;
  for (std::size_t i = 0; i < shown; ++i) {
    legend.items.push_back(shortened(items[i], size, most_width - 2 * kPad * size));
    widest = std::max(widest, item_width(legend.items.back(), size));
  }
  if (shown < items.size()) {
    legend.more = "and " + std::to_string(items.size() - shown) + " more";
    widest = std::max(widest, text_width(legend.more, size));
  }
  const auto lines = static_cast<double>(shown + (legend.more.empty() ? 0 : 1));
  legend.width = items.empty() ? 0 : widest + 2 * kPad * size;
  legend.height = items.empty() ? 0 : lines * step + (2 * kPad - 0.55) * size;
  return legend;
}

void draw_legend(Canvas& canvas, const LegendBox& legend, Point corner) {
  if (legend.width <= 0) return;
  const Box box{corner.x, corner.y, corner.x + legend.width, corner.y + legend.height};
  canvas.fill(box, kPaper, 0.88);
  canvas.outline(box, {205, 205, 205}, 1);
  const double left = corner.x + kPad * legend.size;
  double y = corner.y + (kPad + 0.5) * legend.size;
  for (const LegendItem& item : legend.items) {
    draw_item(canvas, item, {left, y}, legend.size);
    y += kLineStep * legend.size;
  }
  if (!legend.more.empty()) canvas.text({left, y}, legend.more, {legend.size, kSoftInk});
}

LegendRows layout_rows(const std::vector<LegendItem>& items, double size, double width) {
  LegendRows legend;
  legend.size = size;
  double used = 0;
  for (const LegendItem& whole : items) {
    const LegendItem item = shortened(whole, size, width);
    const double wide = item_width(item, size);
    if (legend.rows.empty() || used + kBetween * size + wide > width) {
      legend.rows.emplace_back();
      used = wide;
    } else {
      used += kBetween * size + wide;
    }
    legend.rows.back().push_back(item);
  }
  legend.height = static_cast<double>(legend.rows.size()) * kLineStep * size;
  return legend;
}

void draw_rows(Canvas& canvas, const LegendRows& legend, Point top_centre) {
  double y = top_centre.y + 0.5 * kLineStep * legend.size;
  for (const auto& row : legend.rows) {
    double wide = -kBetween * legend.size;
    for (const LegendItem& item : row)
      wide += item_width(item, legend.size) + kBetween * legend.size;
    // Not beyond the edges of the picture, however far off its middle the plot stands.
    const double most = std::max(legend.size, canvas.width() - legend.size - wide);
    double x = std::clamp(top_centre.x - wide / 2, legend.size, most);
    for (const LegendItem& item : row) {
      draw_item(canvas, item, {x, y}, legend.size);
      x += item_width(item, legend.size) + kBetween * legend.size;
    }
    y += kLineStep * legend.size;
  }
}

}  // namespace common::plot::internal
