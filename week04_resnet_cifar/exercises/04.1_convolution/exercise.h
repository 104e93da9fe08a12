// Exercise 04.1: a convolution, as loops.
#pragma once

#include <cstddef>
#include <vector>

/// Numbers [channels, height, width], row by row.
struct Maps {
  int channels = 0, height = 0, width = 0;
  std::vector<double> values;

  Maps(int c, int h, int w)
      : channels(c), height(h), width(w), values(static_cast<std::size_t>(c * h * w)) {}
  double& at(int c, int y, int x) { return values[index(c, y, x)]; }
  double at(int c, int y, int x) const { return values[index(c, y, x)]; }

 private:
  std::size_t index(int c, int y, int x) const {
    return static_cast<std::size_t>((c * height + y) * width + x);
  }
};

/// Returns the convolution of x [C, H, W] with the filters, one [C, k, k] for each channel that
/// goes out: output o at (y, x) is the sum over c, i, j of
///     filters[o](c, i, j) * x(c, y * stride + i - padding, x * stride + j - padding),
/// where x is 0 outside of its edges. The height that goes out is
/// (H + 2 * padding - k) / stride + 1, rounded down; the width likewise.
Maps convolve(const Maps& x, const std::vector<Maps>& filters, int stride, int padding);
