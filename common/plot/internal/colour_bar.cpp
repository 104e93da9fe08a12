// A vertical colour bar with ticks on its right.
#include "common/plot/internal/colour_bar.h"

#include <algorithm>
#include <cmath>

namespace common::plot::internal {
namespace {

constexpr double kGap = 16;
constexpr double kBar = 18;

Ticks bar_ticks(Range range, double height, double text_size) {
  return linear_ticks(range, std::clamp<int64_t>(std::lround(height / (2.6 * text_size)), 2, 7));
}

}  // namespace

double colour_bar_width(Range range, double height, double text_size) {
  double widest = 0;
  for (const std::string& label : bar_ticks(range, height, text_size).labels) {
    widest = std::max(widest, text_width(label, text_size));
  }
  return kGap + kBar + 9 + widest;
}

void draw_colour_bar(Canvas& canvas, double left, double top, double bottom, ColourScale colours,
                     Range range, double text_size) {
  const Box bar{left + kGap, top, left + kGap + kBar, bottom};
  const double span = range.high / 2 - range.low / 2;
  cv::Mat3b pixels = canvas.area(bar);
  for (int row = 0; row < pixels.rows; ++row) {
    const double share = 1 - (row + 0.5) / pixels.rows;
    const Colour c = scale_colour(range.low + 2 * share * span, colours, range);
    pixels.row(row).setTo(cv::Vec3b(c.r, c.g, c.b));
  }
  canvas.outline(bar, kAxis, 1);
  const Ticks ticks = bar_ticks(range, bottom - top, text_size);
  for (std::size_t i = 0; i < ticks.at.size(); ++i) {
    const double share = (ticks.at[i] / 2 - range.low / 2) / span;
    const double y = bottom - std::clamp(share, 0.0, 1.0) * (bottom - top);
    canvas.fill({bar.right, y - 0.5, bar.right + 4, y + 0.5}, kAxis);
    canvas.text({bar.right + 8, y}, ticks.labels[i], {text_size, kSoftInk});
  }
}

}  // namespace common::plot::internal
