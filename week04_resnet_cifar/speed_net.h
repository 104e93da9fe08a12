// The network of the speedrun: six 3x3 convolutions behind a fixed whitening layer.
#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>
#include <vector>

namespace week04 {

/// conv, pool, norm, GELU, conv, norm, GELU. The convolutions start as the identity on the channels
/// that come in (dirac), so that the network is shallow at first and learns at once.
struct SpeedBlockImpl : torch::nn::Module {
  SpeedBlockImpl(int64_t inputs, int64_t outputs);
  /// Args: x [B, inputs, H, W]. Returns: [B, outputs, H / 2, W / 2].
  torch::Tensor forward(torch::Tensor x);

  torch::nn::Conv2d conv1{nullptr}, conv2{nullptr};
  torch::nn::BatchNorm2d norm1{nullptr}, norm2{nullptr};
};
TORCH_MODULE(SpeedBlock);

/// Source: Jordan 2024, arXiv:2404.00498 (airbench94).
struct SpeedNetImpl : torch::nn::Module {
  /// Args: `widths`: channels of the three blocks; `axes`: principal axes of the patches that the
  /// whitening layer keeps, of 12.
  SpeedNetImpl(const std::vector<int64_t>& widths, int64_t axes, int64_t classes);
  /// Args: x [B, 3, H, W], H and W at least 9. Returns: logits [B, classes].
  torch::Tensor forward(torch::Tensor x);
  /// Returns the maps of the last block, [B, C, h, w].
  /// Args: `stages`, where given, gets what leaves the first layer and each block.
  torch::Tensor features(torch::Tensor x, std::vector<torch::Tensor>* stages = nullptr);
  /// Args: `maps` of features(). Returns: logits [B, classes].
  torch::Tensor classify(const torch::Tensor& maps);
  /// Sets the first layer so that 2x2 patches of `images` [N, 3, H, W] come out uncorrelated with
  /// variance 1: their first principal axes, each also with the sign turned.
  void whiten_(const torch::Tensor& images);

  torch::nn::Conv2d whiten{nullptr};  // 2 axes channels; its weight is fixed, its bias learns
  torch::nn::Sequential blocks;
  torch::nn::Linear head{nullptr};
};
TORCH_MODULE(SpeedNet);

}  // namespace week04
