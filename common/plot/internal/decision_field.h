// The painted field of a decision map. Internal to common/plot.
#pragma once

#include "common/plot/decision_map.h"
#include "common/plot/internal/canvas.h"

namespace common::plot::internal {

/// Returns whether `map.values` is [rows, columns, classes], not [rows, columns].
bool is_probability_of_each(const DecisionMap& map);

/// Fills `plot` with the colours of the winning classes, pale where unsure, and draws the boundary.
/// `map` is already checked.
void draw_field(Canvas& canvas, const DecisionMap& map, const Box& plot);

}  // namespace common::plot::internal
