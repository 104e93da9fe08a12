// SGD, momentum, RMSProp and Adam by hand, on the flat parameters.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "week01_mlp_xor/choices.h"

namespace week01 {

/// An update rule and its state. Equal to torch::optim's SGD, RMSprop and Adam.
struct Optimizer {
  Rule rule = Rule::kAdam;
  double momentum = 0.9;              // of kMomentum
  double alpha = 0.99;                // of kRmsProp: memory of squared gradients
  double beta1 = 0.9, beta2 = 0.999;  // of kAdam
  double epsilon = 1e-8;              // of kRmsProp and kAdam
  int64_t steps = 0;                  // taken so far
  torch::Tensor first;                // [P]: velocity (momentum) or mean gradient (Adam)
  torch::Tensor second;               // [P]: mean squared gradient (RMSProp, Adam)

  /// Takes one step of size `lr` along `gradient` [P], changing `parameters` [P] in place.
  /// Source: momentum in torch's form (v = m v + g; p -= lr v);
  /// RMSProp: Hinton 2012, lecture 6e; Adam: Kingma and Ba 2015, arXiv:1412.6980, algorithm 1.
  void step(torch::Tensor parameters, const torch::Tensor& gradient, double lr);
};

}  // namespace week01
