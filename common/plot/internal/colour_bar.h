// Colour bar: which colour is which number. Internal to common/plot.
#pragma once

#include "common/plot/colour_scale.h"
#include "common/plot/internal/canvas.h"

namespace common::plot::internal {

/// Returns the pixels that a colour bar takes with its labels, the gap before it included.
double colour_bar_width(Range range, double height, double text_size);

/// Draws the bar from `top` to `bottom`, its gap starting at `left`.
void draw_colour_bar(Canvas& canvas, double left, double top, double bottom, ColourScale colours,
                     Range range, double text_size);

}  // namespace common::plot::internal
