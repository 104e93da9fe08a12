// Small two-dimensional sets of two classes, made here: nothing to download.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace common::data {

/// Points of the plane and their class, 0 or 1.
struct Points {
  std::vector<std::array<double, 2>> x;  // [N, 2]
  std::vector<std::int64_t> label;       // [N]
};

/// Returns the four corners of the unit square in the order 00, 01, 10, 11, labelled by exclusive
/// or.
Points xor_points();

/// Returns `n` points, half on a circle of radius 1 (class 0), half on one of radius 0.5 (class 1),
/// at random angles, classes in turn; `noise` is the standard deviation added to each coordinate.
/// Errors: `Error` for n < 2 or a noise that is negative or not finite.
Points circles(std::int64_t n, double noise, std::uint64_t seed);

/// Returns `n` points of two interleaved Archimedean spirals of two turns and outer radius 1,
/// evenly spread by arc length, one the other turned by half a turn; classes in turn, `noise` as in
/// circles().
/// Errors: as circles().
Points spirals(std::int64_t n, double noise, std::uint64_t seed);

}  // namespace common::data
