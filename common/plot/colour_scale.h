// How a number becomes a colour: the scale, the range that it covers, the colour itself.
#pragma once

#include <optional>
#include <span>

#include "common/plot/axes.h"
#include "common/plot/colours.h"

namespace common::plot {

/// How a number becomes a colour.
enum class ColourScale {
  kPlain,       // black to white; three channels are RGB
  kShade,       // white to dark blue: shares and counts, where none is blank paper
  kSequential,  // dark violet to yellow: amounts
  kDiverging,   // blue, white at zero, red: signed amounts, over a symmetric range
};

/// Returns the range that `colours` covers: `wanted` where given, made symmetric about zero for
/// kDiverging; else 0 to 1 for kPlain and what the finite `values` span for the others, widened a
/// little where they are all equal.
/// Errors: `Error` when `wanted` is not low < high, or not finite.
Range scale_range(std::span<const double> values, ColourScale colours,
                  const std::optional<Range>& wanted = {});

/// Returns the colour of `value`; outside of `range` it is clamped, NaN is grey.
Colour scale_colour(double value, ColourScale colours, Range range);

}  // namespace common::plot
