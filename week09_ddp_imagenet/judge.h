// How good a network is: its answers to the validation images, which the ranks share.
#pragma once

#include <torch/types.h>

#include "common/dist/group.h"
#include "common/nn/resnet.h"
#include "week09_ddp_imagenet/images.h"

namespace week09 {

/// Answers of a network to N images.
struct Answers {
  torch::Tensor predicted;    // [N], int64
  torch::Tensor confidence;   // [N], double: probability of what was predicted
  torch::Tensor labels;       // [N], int64
  torch::Tensor label_place;  // [N], int64: 0 where the truth came first, 1 second, ...
  double loss = 0;            // mean cross-entropy

  /// Returns the share of images whose truth is among the first `k` answers.
  double top(int64_t k) const;
};

/// Returns the answers of the network, which is left in evaluation mode. Each rank answers its part
/// of the images; all get all.
/// Args: `name` of what is done, for the progress line; empty: none.
Answers answer(common::nn::ResNet& network, const common::data::ImageSet& images,
               const Config& config, const common::dist::Group& group, const torch::Device& device,
               c10::ScalarType precision, const std::string& name);

}  // namespace week09
