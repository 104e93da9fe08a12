// Exercise 04.2: a batch norm that no longer learns disappears into the convolution before it.
#pragma once

#include <vector>

/// A layer that multiplies and adds, for each channel that goes out: y = weight . x + bias. (For a
/// convolution `weight` is one filter, written as a row.)
struct Layer {
  std::vector<std::vector<double>> weight;  // [O][N]
  std::vector<double> bias;                 // [O]
};

/// What a batch norm has learned and counted, for each channel. In evaluation it computes
///     z = scale (y - mean) / sqrt(variance + eps) + shift
struct Norm {
  std::vector<double> scale, shift, mean, variance;  // [O] each
  double eps = 1e-5;
};

/// Returns the one layer that computes what `layer` and then `norm` compute.
Layer fold(const Layer& layer, const Norm& norm);
