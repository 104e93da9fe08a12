// What the second page shows: the activations, and what each does to the gradient through depth.
#pragma once

#include <cstdint>

#include "common/base/json.h"
#include "week01_mlp_xor/choices.h"

namespace week01 {

/// Returns {"z": [161], "functions": [{"name", "f": [161], "slope": [161]}, ...]} for z from -4
/// to 4.
common::base::Json activation_curves();

/// A deep network, drawn and not trained.
struct DepthConfig {
  int64_t depth = 10, width = 32;  // hidden layers, units in each
  std::string init = "xavier";
  int64_t seed = 0;
};

/// Sends a batch of 64 normal inputs forward and back through networks that differ in nothing but
/// the activation. Returns {"layers": [1..depth], "functions": [{"name", "gradient": [depth],
/// "activation": [depth]}, ...]}: root mean square of the loss's derivative by each hidden layer's
/// z, and deviation of its outputs.
common::base::Json gradient_through_depth(const DepthConfig& config);

}  // namespace week01
