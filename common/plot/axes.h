// Ranges and ticks of axes: round numbers in 1-2-5 steps, linear or logarithmic.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace common::plot {

/// A closed interval of an axis, low < high once it came from `axis_range`.
struct Range {
  double low = 0;
  double high = 1;
  bool operator==(const Range&) const = default;
};

/// Positions on an axis and the text beside each.
struct Ticks {
  std::vector<double> at;
  std::vector<std::string> labels;
};

/// Returns the range that shows all `values` that can be shown: NaN and infinities are left out,
/// and on a log axis what is not positive. `margin` is the share of the span added at both ends. A
/// constant gets room around it; no value at all gives [0, 1], or [0.1, 1] on a log axis.
Range axis_range(std::span<const double> values, bool log = false, double margin = 0.04);

/// Returns at most `most` ticks (at least 2 are allowed) inside `range` at multiples of 1, 2 or 5
/// times a power of ten; labels carry the digits that tell neighbours apart, and no more.
Ticks linear_ticks(Range range, int64_t most = 8);

/// Returns at most `most` ticks for a log axis: powers of ten, with 2 and 5 between them where
/// there is room; within less than a decade, linear ticks.
Ticks log_ticks(Range range, int64_t most = 8);

/// Returns `value` with `digits` significant digits, as short as it gets: 0.5, 1200, 3.2e-05 as
/// 3.2e-5, nan.
std::string short_number(double value, int digits = 3);

}  // namespace common::plot
