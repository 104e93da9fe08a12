// With f = scale / sqrt(variance + eps): z = f (w.x + b - mean) + shift = (f w).x + f (b - mean) +
// shift.
#include <cmath>

#include "exercise.h"

Layer fold(const Layer& layer, const Norm& norm) {
  Layer folded = layer;
  for (std::size_t o = 0; o < layer.bias.size(); ++o) {
    const double factor = norm.scale[o] / std::sqrt(norm.variance[o] + norm.eps);
    for (double& weight : folded.weight[o]) weight *= factor;
    folded.bias[o] = factor * (layer.bias[o] - norm.mean[o]) + norm.shift[o];
  }
  return folded;
}
