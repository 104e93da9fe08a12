// Layout and drawing of a chart's frame.
#include "common/plot/internal/frame.h"

#include <algorithm>
#include <cmath>

#include "common/base/error.h"

namespace common::plot::internal {
namespace {

constexpr double kTitle = 20;  // sizes in pixels at factor 1
constexpr double kLabel = 16;
constexpr double kTick = 14;
constexpr double kMargin = 14;
constexpr double kTickLength = 5;

// Where `value` lies between the ends of `axis`, 0 to 1 inside.
double share(const Axis& axis, double value) {
  const double low = axis.log ? std::log10(axis.range.low) : axis.range.low;
  const double high = axis.log ? std::log10(axis.range.high) : axis.range.high;
  const double v = axis.log ? std::log10(std::max(value, 1e-308)) : value;
  const double span = high / 2 - low / 2;  // halves, so that huge ends do not overflow
  return std::clamp((v / 2 - low / 2) / span, -1e6, 1e6);
}

Ticks ticks_of(const Axis& axis, int64_t most) {
  return axis.log ? log_ticks(axis.range, most) : linear_ticks(axis.range, most);
}

// 2, 3, ... 9 times the powers of ten of a log axis, as long as they stand apart.
std::vector<double> minor_of(const Axis& axis) {
  std::vector<double> minor;
  if (!axis.log || axis.range.high / axis.range.low > 1e7) return minor;
  const double last = std::log10(axis.range.high);
  for (double power = std::floor(std::log10(axis.range.low)); power <= last; ++power) {
    for (int digit = 2; digit <= 9; ++digit) {
      const double value = digit * std::pow(10, power);
      if (value >= axis.range.low && value <= axis.range.high) minor.push_back(value);
    }
  }
  return minor;
}

double widest(const Ticks& ticks, double size) {
  double result = 0;
  for (const std::string& label : ticks.labels) result = std::max(result, text_width(label, size));
  return result;
}

// The most ticks whose labels stand clear of each other along `length` pixels.
Ticks x_ticks_that_fit(const Axis& axis, double length, double size) {
  for (int64_t most = 10; most > 2; --most) {
    Ticks ticks = ticks_of(axis, most);
    bool clear = true;
    for (std::size_t i = 1; i < ticks.at.size(); ++i) {
      const double apart = (share(axis, ticks.at[i]) - share(axis, ticks.at[i - 1])) * length;
      const double needed =
          (text_width(ticks.labels[i], size) + text_width(ticks.labels[i - 1], size)) / 2;
      clear = clear && apart >= needed + size;
    }
    if (clear) return ticks;
  }
  Ticks ends = ticks_of(axis, 2);
  if (ends.at.size() > 1 && widest(ends, size) * 1.3 > length) {
    ends.at.resize(1);
    ends.labels.resize(1);
  }
  return ends;
}

}  // namespace

Point Frame::at(double vx, double vy) const {
  return {plot.left + share(x, vx) * plot.width(), plot.bottom - share(y, vy) * plot.height()};
}

double text_factor(double width, double height) {
  return std::clamp(std::sqrt(std::min(width / 960, height / 600)), 0.72, 1.5);
}

Axis checked(Axis axis, const std::string& name) {
  const std::string found =
      name + " axis from " + short_number(axis.range.low) + " to " + short_number(axis.range.high);
  base::require(std::isfinite(axis.range.low) && std::isfinite(axis.range.high) &&
                    axis.range.low < axis.range.high,
                found + ": give two finite numbers, the smaller one first");
  base::require(!axis.log || axis.range.low > 0,
                found + ": a log axis starts above 0; raise the low end or make it linear");
  return axis;
}

Frame layout_frame(const FrameSpec& spec, const Box& outer) {
  const double f = spec.factor;
  const double margin = kMargin * f;
  Frame frame;
  frame.outer = outer;
  frame.factor = f;
  frame.axes = spec.axes;
  frame.x = spec.x;
  frame.y = spec.y;
  frame.title = fit_text(spec.title, kTitle * f, outer.width() - 2 * margin, 2, /*bold=*/true);
  frame.plot = {outer.left + margin, outer.top + margin, outer.right - margin,
                outer.bottom - margin};
  if (!frame.title.lines.empty()) frame.plot.top += frame.title.height() + margin;
  if (!spec.axes) return frame;

  const double tick = kTick * f;
  frame.plot.bottom -= tick + (kTickLength + 5) * f;
  frame.x_minor = minor_of(spec.x);
  frame.y_minor = minor_of(spec.y);
  frame.x_label = fit_text(spec.x.label, kLabel * f, outer.width() - 2 * margin, 1);
  if (!frame.x_label.lines.empty()) frame.plot.bottom -= frame.x_label.height() + 8 * f;
  const double plot_height = std::max(frame.plot.height(), 1.0);
  frame.y_ticks = ticks_of(spec.y, std::clamp<int64_t>(std::lround(plot_height / (55 * f)), 2, 9));
  frame.y_label = fit_text(spec.y.label, kLabel * f, plot_height + margin, 1);
  if (!frame.y_label.lines.empty()) frame.plot.left += kLabel * f + 8 * f;
  frame.plot.left += widest(frame.y_ticks, tick) + (kTickLength + 5) * f;
  frame.plot.right -= 4 * f;
  // However small the picture: a plot that can be drawn.
  frame.plot.right = std::max(frame.plot.right, frame.plot.left + 10);
  frame.plot.bottom = std::max(frame.plot.bottom, frame.plot.top + 10);
  frame.x_ticks = x_ticks_that_fit(spec.x, frame.plot.width(), tick);
  if (!frame.x_ticks.at.empty()) {  // the last label may reach beyond the plot
    const double right = frame.at(frame.x_ticks.at.back(), spec.y.range.low).x +
                         text_width(frame.x_ticks.labels.back(), tick) / 2;
    const double over = std::max(0.0, right - (outer.right - 6 * f));
    frame.plot.right = std::max(frame.plot.right - over, frame.plot.left + 10);
  }
  return frame;
}

void draw_frame(Canvas& canvas, const Frame& frame, bool grid_lines) {
  const double f = frame.factor;
  const Box& plot = frame.plot;
  canvas.text({frame.outer.centre().x, frame.outer.top + kMargin * f}, frame.title,
              {.align = Align::kCentre, .bold = true});
  if (!frame.axes) {
    canvas.outline(plot, kAxis, 1);
    return;
  }
  const TextStyle right{kTick * f, kSoftInk, Align::kRight};
  const TextStyle centre{kTick * f, kSoftInk, Align::kCentre};
  for (std::size_t i = 0; i < frame.x_ticks.at.size(); ++i) {
    const double x = frame.at(frame.x_ticks.at[i], frame.y.range.low).x;
    if (grid_lines) canvas.fill({x - 0.5, plot.top, x + 0.5, plot.bottom}, kGridLine);
    canvas.fill({x - 0.5, plot.bottom, x + 0.5, plot.bottom + kTickLength * f}, kAxis);
    canvas.text({x, plot.bottom + (kTickLength + 4) * f + kTick * f / 2}, frame.x_ticks.labels[i],
                centre);
  }
  for (std::size_t i = 0; i < frame.y_ticks.at.size(); ++i) {
    const double y = frame.at(frame.x.range.low, frame.y_ticks.at[i]).y;
    if (grid_lines) canvas.fill({plot.left, y - 0.5, plot.right, y + 0.5}, kGridLine);
    canvas.fill({plot.left - kTickLength * f, y - 0.5, plot.left, y + 0.5}, kAxis);
    canvas.text({plot.left - (kTickLength + 4) * f, y}, frame.y_ticks.labels[i], right);
  }
  for (const double value : frame.x_minor) {
    const double x = frame.at(value, frame.y.range.low).x;
    canvas.fill({x - 0.5, plot.bottom, x + 0.5, plot.bottom + kTickLength * f / 2}, kAxis);
  }
  for (const double value : frame.y_minor) {
    const double y = frame.at(frame.x.range.low, value).y;
    canvas.fill({plot.left - kTickLength * f / 2, y - 0.5, plot.left, y + 0.5}, kAxis);
  }
  canvas.outline(plot, kAxis, 1);
  const double label_top = plot.bottom + (kTickLength + 5 + kTick + 6) * f;
  canvas.text({plot.centre().x, label_top}, frame.x_label, {.align = Align::kCentre});
  if (!frame.y_label.lines.empty()) {
    canvas.text_up({frame.outer.left + (kMargin + kLabel / 2 - 2) * f, plot.centre().y},
                   frame.y_label.lines.front(), {frame.y_label.size, kInk});
  }
}

}  // namespace common::plot::internal
