// Colours that people with colour-blindness tell apart, for classes, amounts and signed amounts.
#pragma once

#include <cstdint>

namespace common::plot {

/// One 8-bit sRGB colour.
struct Colour {
  uint8_t r = 0;
  uint8_t g = 0;
  uint8_t b = 0;
  bool operator==(const Colour&) const = default;
};

/// Number of colours in the palette; `palette` repeats after so many.
inline constexpr int64_t kPaletteSize = 8;

/// Returns the colour of series or class `index`, counted from 0: blue, vermilion, green, purple,
/// orange, sky blue, black, yellow; then again. Negative counts as 0.
/// Source: Okabe and Ito 2008, "Color Universal Design", https://jfly.uni-koeln.de/color/.
Colour palette(int64_t index);

/// Returns a colour for a share or a count: 0 is white, 1 is dark blue. Values outside are clamped,
/// NaN is grey.
/// Source: Blues of Brewer, https://colorbrewer2.org, its lightest made white.
Colour shade(double amount);

/// Returns a perceptually even colour for an amount: 0 is dark violet, 1 is yellow. Values outside
/// are clamped, NaN is grey.
/// Source: viridis of Smith and van der Walt, matplotlib 2.0; every 17th
/// of its 256 colours, linear between them: off by 7 of 255 at most.
Colour sequential(double amount);

/// Returns a colour for a signed amount: -1 is dark blue, 0 is white, 1 is dark red. Values outside
/// are clamped, NaN is grey.
/// Source: RdBu of Brewer, https://colorbrewer2.org, reversed, its middle made white.
Colour diverging(double amount);

/// Returns the colour `share` of the way from `a` (0) to `b` (1).
Colour mix(Colour a, Colour b, double share);

/// Returns how bright `colour` is to the eye, 0 (black) to 1 (white).
/// Source: relative luminance, WCAG 2.1.
double luminance(Colour colour);

/// Returns black or white, whichever reads better on `background`.
Colour readable_on(Colour background);

}  // namespace common::plot
