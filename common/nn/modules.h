// What is done with any module.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>

#include "common/base/named_tensors.h"

namespace common::nn {

/// Returns all parameters and buffers by name.
inline base::NamedTensors tensors_of(const torch::nn::Module& module) {
  base::NamedTensors tensors;
  for (const auto& item : module.named_parameters()) tensors[item.key()] = item.value();
  for (const auto& item : module.named_buffers()) tensors[item.key()] = item.value();
  return tensors;
}

/// Returns how many numbers the parameters have.
inline std::int64_t count_parameters(const torch::nn::Module& module) {
  std::int64_t count = 0;
  for (const torch::Tensor& parameter : module.parameters()) count += parameter.numel();
  return count;
}

/// Puts the weights of convolutions into channels-last layout.
inline void channels_last_(torch::nn::Module& module) {
  const torch::NoGradGuard no_grad;
  for (torch::Tensor& parameter : module.parameters()) {
    if (parameter.dim() == 4) {
      parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
    }
  }
}

}  // namespace common::nn
