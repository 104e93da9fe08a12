// Colour scales over a range of numbers.
#include "common/plot/colour_scale.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/base/error.h"

namespace common::plot {
namespace {

constexpr double kLargest = 1e300;  // so that high - low stays finite

Range symmetric(Range range) {
  const double limit = std::max(std::abs(range.low), std::abs(range.high));
  return {-limit, limit};
}

}  // namespace

Range scale_range(std::span<const double> values, ColourScale colours,
                  const std::optional<Range>& wanted) {
  if (wanted) {
    base::require(
        std::isfinite(wanted->low) && std::isfinite(wanted->high) && wanted->low < wanted->high,
        "colour range " + short_number(wanted->low) + " to " + short_number(wanted->high) +
            ": give two numbers, the smaller one first");
    return colours == ColourScale::kDiverging ? symmetric(*wanted) : *wanted;
  }
  if (colours == ColourScale::kPlain) return {0, 1};
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, std::max(value, -kLargest));
    high = std::max(high, std::min(value, kLargest));
  }
  if (colours == ColourScale::kDiverging && low <= high) {
    const Range range = symmetric({low, high});
    return range.high > 0 ? range : Range{-1, 1};
  }
  if (low < high) return {low, high};
  return axis_range(values, /*log=*/false, /*margin=*/0);
}

Colour scale_colour(double value, ColourScale colours, Range range) {
  const double low = std::max(range.low, -kLargest);
  const double high = std::min(range.high, kLargest);
  const double share = (std::clamp(value, low, high) - low) / (high - low);  // NaN stays NaN
  switch (colours) {
    case ColourScale::kPlain: {
      if (std::isnan(share)) return sequential(share);
      return mix({0, 0, 0}, {255, 255, 255}, share);
    }
    case ColourScale::kShade:
      return shade(share);
    case ColourScale::kDiverging:
      return diverging(2 * share - 1);
    case ColourScale::kSequential:
      break;
  }
  return sequential(share);
}

}  // namespace common::plot
