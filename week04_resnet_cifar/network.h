// The networks of week 04 under one interface, and the rules by which their parameters move.
#pragma once

#include <torch/nn/module.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/named_tensors.h"
#include "common/train/optimizer.h"
#include "week04_resnet_cifar/config.h"
#include "week04_resnet_cifar/images.h"

namespace week04 {

/// A network: its module, and what it computes.
struct Network {
  std::string name;
  int64_t classes = 0;
  std::shared_ptr<torch::nn::Module> module;
  std::function<torch::Tensor(const torch::Tensor&)> logits;  // [B, 3, H, W] -> [B, classes]
  // [B, 3, H, W] -> what leaves the first layer and each stage, [B, C, h, w] each
  std::function<std::vector<torch::Tensor>(const torch::Tensor&)> stages;
  std::function<torch::Tensor(const torch::Tensor&)> classify;  // the last of stages -> logits
  std::function<void(const Images&)> prepare;  // from the training images, before the first step
  torch::Tensor early;  // a parameter that learns only in the first epochs; may be undefined
};

/// Returns the network of the settings, drawn from `seed`, on `device`, in channels-last layout.
Network make_network(const Config& config, int64_t classes, uint64_t seed,
                     const torch::Device& device);

/// Returns the optimizer of the settings: weights decay, biases and norms do not; with muon, only
/// convolutions of 3x3 and more go to Muon, the rest to SGD.
common::train::Optimizer make_optimizer(const Config& config, const Network& network,
                                        int64_t steps_per_epoch);

/// Answers for many images.
struct Answers {
  torch::Tensor probabilities;  // [N, 10], float, on the CPU
  torch::Tensor labels;         // [N], int64, on the CPU
  double accuracy = 0, loss = 0;
};

/// Returns the answers of the network in evaluation mode, which it is left in.
/// Args: with `tta` the mean of the logits over each image and its mirror image (half the weight)
/// and the same for two shifts by a pixel, up-left and down-right (a quarter each).
Answers answer(const Network& network, const Images& images, bool tta, c10::ScalarType precision);

}  // namespace week04
