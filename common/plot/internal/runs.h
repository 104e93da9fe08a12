// Curves as runs of neighbouring pixels: broken where a number is missing, thinned, clipped.
// Internal to common/plot.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "common/plot/internal/canvas.h"
#include "common/plot/internal/frame.h"

namespace common::plot::internal {

using PixelRun = std::vector<Point>;

/// Returns the runs of points that can be shown: a NaN, an infinity or, on a log axis, what is not
/// positive ends a run.
std::vector<PixelRun> runs_of(std::span<const double> x, std::span<const double> y,
                              const Frame& frame);

/// Returns `run` with at most some four points to a pixel column (first, lowest, highest, last), so
/// that a million steps draw as fast as a thousand and look the same.
PixelRun thinned(const PixelRun& run);

/// Cuts the line from `a` to `b` to what lies in `box`; false when nothing does.
/// Source: Liang and Barsky 1984, "A new concept and method for line clipping".
bool clip_line(Point& a, Point& b, const Box& box);

/// Returns whether a run passes through `box`.
bool crosses(const PixelRun& run, const Box& box);

}  // namespace common::plot::internal
