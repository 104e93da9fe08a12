// The part of the plane that the page shows, and the points in it as they were given.
#pragma once

#include <torch/types.h>

#include <array>

#include "common/base/json.h"
#include "week01_mlp_xor/problem.h"

namespace week01 {

/// Ranges of the plane: x from, x to, y from, y to; in the units of the data as it was given.
using View = std::array<double, 4>;

/// Returns a view of all points and a margin around them. A visitor's own
/// points within [-1.2, 1.2] get that square, which does not move under the pointer while he sets
/// them; only ten or more that all lie within 0.1 of the origin are looked at more closely.
View view_of(const Problem& problem);

/// Returns the centres of n x n cells row by row from the lowest y, scaled as the network's inputs,
/// [n^2, 2].
torch::Tensor cell_centres(const View& view, int64_t n, const Scaling& scaling);

/// Returns [[x, y, label], ...] with x and y as they were before scaling.
common::base::Json points_json(const Samples& samples, const Scaling& scaling);

}  // namespace week01
