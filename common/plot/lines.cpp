// The line chart: what is to be shown, where the legend goes, and the drawing.
#include "common/plot/lines.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "common/base/error.h"
#include "common/plot/internal/canvas.h"
#include "common/plot/internal/frame.h"
#include "common/plot/internal/legend.h"
#include "common/plot/internal/runs.h"

namespace common::plot {
namespace {

using internal::Box;
using internal::Canvas;
using internal::Frame;
using internal::FrameSpec;
using internal::LegendBox;
using internal::LegendItem;
using internal::Mark;
using internal::PixelRun;
using internal::Point;

// A series in pixels.
struct Curve {
  const Series* series = nullptr;
  Colour colour;
  bool dashed = false;
  std::vector<PixelRun> runs;
  std::vector<PixelRun> bands;  // outlines, closed
};

void check(const LineChart& chart) {
  base::require(
      chart.width >= 200 && chart.width <= 8000 && chart.height >= 200 && chart.height <= 8000,
      "line chart of " + std::to_string(chart.width) + " x " + std::to_string(chart.height) +
          " pixels: wanted 200 to 8000 each way");
  for (const Series& s : chart.series) {
    const bool fits = (s.x.empty() || s.x.size() == s.y.size()) &&
                      (s.spread.empty() || s.spread.size() == s.y.size());
    base::require(fits, "series '" + s.name + "' has " + std::to_string(s.x.size()) + " x, " +
                            std::to_string(s.y.size()) + " y and " +
                            std::to_string(s.spread.size()) +
                            " spread values; give as many of each, or no x or no spread");
  }
}

// With x filled in and the ends of the bands.
struct Numbers {
  std::vector<double> x, y, low, high;
};

Numbers numbers_of(const Series& series) {
  Numbers n{series.x, series.y, {}, {}};
  if (n.x.empty()) {
    n.x.resize(n.y.size());
    std::iota(n.x.begin(), n.x.end(), 0.0);
  }
  for (std::size_t i = 0; i < series.spread.size(); ++i) {
    n.low.push_back(n.y[i] - std::abs(series.spread[i]));
    n.high.push_back(n.y[i] + std::abs(series.spread[i]));
  }
  return n;
}

FrameSpec frame_spec(const LineChart& chart, const std::vector<Numbers>& numbers) {
  std::vector<double> xs, ys;
  const auto shown = [](double v, bool log) { return std::isfinite(v) && (!log || v > 0); };
  for (const Numbers& n : numbers) {
    for (std::size_t i = 0; i < n.y.size(); ++i) {
      if (!shown(n.x[i], chart.log_x) || !shown(n.y[i], chart.log_y)) continue;
      xs.push_back(n.x[i]);
      ys.push_back(n.y[i]);
      if (n.low.empty()) continue;
      ys.push_back(n.low[i]);
      ys.push_back(n.high[i]);
    }
  }
  const Range x = chart.x_range.value_or(axis_range(xs, chart.log_x, 0.02));
  const Range y = chart.y_range.value_or(axis_range(ys, chart.log_y, 0.05));
  return {
      chart.title, internal::checked({chart.x_label, x, chart.log_x}, "x"),
      internal::checked({chart.y_label, y, chart.log_y}, "y"), true,
      internal::text_factor(static_cast<double>(chart.width), static_cast<double>(chart.height))};
}

// The outline of mean +- spread: forth along the upper end, back along the lower.
std::vector<PixelRun> bands_of(const Numbers& n, const Frame& frame) {
  std::vector<PixelRun> bands;
  PixelRun upper, lower;
  const auto close = [&] {
    if (upper.size() > 1) {
      upper.insert(upper.end(), lower.rbegin(), lower.rend());
      bands.push_back(upper);
    }
    upper.clear();
    lower.clear();
  };
  for (std::size_t i = 0; i < n.high.size(); ++i) {
    const bool shown = std::isfinite(n.x[i]) && std::isfinite(n.low[i]) &&
                       std::isfinite(n.high[i]) && (!frame.x.log || n.x[i] > 0) &&
                       (!frame.y.log || n.high[i] > 0);
    if (!shown) {
      close();
      continue;
    }
    upper.push_back(frame.at(n.x[i], n.high[i]));
    lower.push_back(frame.at(n.x[i], n.low[i]));
  }
  close();
  return bands;
}

std::vector<Curve> curves_of(const LineChart& chart, const std::vector<Numbers>& numbers,
                             const Frame& frame) {
  std::vector<Curve> curves;
  for (std::size_t k = 0; k < numbers.size(); ++k) {
    const Series& series = chart.series[k];
    const auto index = static_cast<int64_t>(k);
    Curve curve{&series,
                series.colour.value_or(palette(index)),
                series.dashed || (!series.colour && index / kPaletteSize % 2 == 1),
                {},
                {}};
    for (const PixelRun& run : internal::runs_of(numbers[k].x, numbers[k].y, frame)) {
      curve.runs.push_back(internal::thinned(run));
    }
    curve.bands = bands_of(numbers[k], frame);
    curves.push_back(std::move(curve));
  }
  return curves;
}

void draw_curve(Canvas& canvas, const Curve& curve, const Frame& frame) {
  const double width = 2.4 * std::min(frame.factor, 1.2);
  const double radius = 4 * frame.factor;
  for (const PixelRun& run : curve.runs) {
    double phase = 0;
    for (std::size_t i = 1; curve.series->line && i < run.size(); ++i) {
      Point a = run[i - 1];
      Point b = run[i];
      if (!internal::clip_line(a, b, frame.plot)) continue;
      if (curve.dashed) {
        internal::draw_dashes(canvas, a, b, curve.colour, width, phase);
      } else {
        canvas.line(a, b, curve.colour, width);
      }
    }
    const bool alone = run.size() == 1;  // a line of one point would not be seen
    if (!curve.series->points && curve.series->line && !alone) continue;
    for (const Point& p : run) {
      Point a = p;
      Point b = p;
      if (internal::clip_line(a, b, frame.plot)) canvas.disc(p, radius, curve.colour);
    }
  }
}

Mark mark_of(const Curve& curve) {
  if (!curve.series->line) return Mark::kPoint;
  if (curve.dashed) return Mark::kDashes;
  return curve.series->points ? Mark::kLineAndPoint : Mark::kLine;
}

std::vector<LegendItem> legend_items(const std::vector<Curve>& curves) {
  std::vector<LegendItem> items;
  for (const Curve& curve : curves) {
    if (curve.series->name.empty()) continue;
    items.push_back({curve.series->name, curve.colour, mark_of(curve)});
  }
  return items;
}

// The corner of the first free place for the legend within the plot, if there is one.
std::optional<Point> free_corner(const LegendBox& legend, const std::vector<Curve>& curves,
                                 const Box& plot) {
  constexpr double kEdge = 10;
  constexpr double kClear = 7;
  const double left = plot.left + kEdge;
  const double centre = plot.centre().x - legend.width / 2;
  const double right = plot.right - kEdge - legend.width;
  const double top = plot.top + kEdge;
  const double middle = plot.centre().y - legend.height / 2;
  const double bottom = plot.bottom - kEdge - legend.height;
  if (left > right || top > bottom) return std::nullopt;
  for (const Point corner :
       {Point{right, top}, Point{left, top}, Point{right, bottom}, Point{left, bottom},
        Point{centre, top}, Point{centre, bottom}, Point{right, middle}, Point{left, middle}}) {
    const Box box{corner.x - kClear, corner.y - kClear, corner.x + legend.width + kClear,
                  corner.y + legend.height + kClear};
    const auto in_the_way = [&](const PixelRun& run) { return internal::crosses(run, box); };
    const bool free = std::none_of(curves.begin(), curves.end(), [&](const Curve& curve) {
      return std::any_of(curve.runs.begin(), curve.runs.end(), in_the_way) ||
             std::any_of(curve.bands.begin(), curve.bands.end(), in_the_way);
    });
    if (free) return corner;
  }
  return std::nullopt;
}

}  // namespace

Picture draw(const LineChart& chart) {
  check(chart);
  std::vector<Numbers> numbers;
  for (const Series& series : chart.series) numbers.push_back(numbers_of(series));
  const FrameSpec spec = frame_spec(chart, numbers);
  Canvas canvas(chart.width, chart.height);
  Box outer{0, 0, canvas.width(), canvas.height()};
  Frame frame = internal::layout_frame(spec, outer);
  std::vector<Curve> curves = curves_of(chart, numbers, frame);

  const std::vector<LegendItem> items = legend_items(curves);
  const LegendBox legend = internal::layout_legend(items, 14.5 * spec.factor, 0.33 * canvas.width(),
                                                   frame.plot.height());
  std::optional<Point> corner = free_corner(legend, curves, frame.plot);
  if (!items.empty() && !corner) {  // no place is free: beside the plot
    const double edge = 10 * spec.factor;
    outer.right -= legend.width + edge;
    frame = internal::layout_frame(spec, outer);
    frame.outer.right = canvas.width();  // the title stays in the middle of the picture
    curves = curves_of(chart, numbers, frame);
    corner = Point{canvas.width() - edge - legend.width, frame.plot.top};
  }

  internal::draw_frame(canvas, frame, /*grid_lines=*/true);
  for (const Curve& curve : curves) {
    for (const PixelRun& band : curve.bands) canvas.polygon(band, curve.colour, 0.22, frame.plot);
  }
  for (const Curve& curve : curves) draw_curve(canvas, curve, frame);
  const bool empty = std::all_of(curves.begin(), curves.end(),
                                 [](const Curve& curve) { return curve.runs.empty(); });
  if (empty) {
    canvas.text(frame.plot.centre(), "no data",
                {18 * spec.factor, internal::kSoftInk, internal::Align::kCentre});
  }
  if (!items.empty()) internal::draw_legend(canvas, legend, *corner);
  return canvas.finish();
}

}  // namespace common::plot
