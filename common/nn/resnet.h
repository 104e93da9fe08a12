// ResNet-18, -34 and -50, for small images (CIFAR) or large ones (ImageNet).
#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

namespace common::nn {

/// Normalises x by a layer, as the layer itself does; or with statistics that ranks share.
using Norm = std::function<torch::Tensor(torch::nn::BatchNorm2d& layer, const torch::Tensor& x)>;

/// Sizes of a ResNet. Names of parameters and buffers are torchvision's, so that its weights load.
struct ResNetOptions {
  std::array<std::int64_t, 4> blocks = {2, 2, 2, 2};  ///< in each of the four stages
  bool bottleneck = false;  ///< 1x1, 3x3, 1x1 with four times the channels out, in place of two 3x3
  bool small_images =
      true;  ///< stem: one 3x3 convolution; else 7x7 with stride 2, then max pooling
  std::int64_t classes = 10;
  std::int64_t width = 64;  ///< channels of the first stage; each next one has twice as many
  bool zero_init_residual =
      false;  ///< last norm of each branch starts at 0: blocks start as identity
  Norm norm = [](torch::nn::BatchNorm2d& layer, const torch::Tensor& x) { return layer(x); };

  static ResNetOptions resnet18(std::int64_t classes, bool small_images);
  static ResNetOptions resnet34(std::int64_t classes, bool small_images);
  static ResNetOptions resnet50(std::int64_t classes, bool small_images);
};

/// One residual block: y = relu(x + f(x)). Where the shape changes, x goes through a 1x1
/// convolution.
struct ResNetBlockImpl : torch::nn::Module {
  /// Args: `channels` of the 3x3 convolutions; `stride` of the first of them (of the middle one in
  /// a bottleneck, as torchvision does since its version 1.5 of ResNet); `options` of the network.
  ResNetBlockImpl(std::int64_t inputs, std::int64_t channels, std::int64_t stride,
                  const ResNetOptions& options);
  /// Args: x [B, inputs, H, W]. Returns: [B, outputs, H / stride, W / stride].
  torch::Tensor forward(const torch::Tensor& x);

  torch::nn::Conv2d conv1{nullptr}, conv2{nullptr}, conv3{nullptr};
  torch::nn::BatchNorm2d bn1{nullptr}, bn2{nullptr}, bn3{nullptr};
  torch::nn::Conv2d shortcut{nullptr};            // registered as downsample.0
  torch::nn::BatchNorm2d shortcut_norm{nullptr};  // and downsample.1
  Norm norm;
};
TORCH_MODULE(ResNetBlock);

/// Source: He et al. 2015, arXiv:1512.03385; initialisation arXiv:1502.01852 (fan out).
struct ResNetImpl : torch::nn::Module {
  explicit ResNetImpl(const ResNetOptions& options);
  /// Args: x [B, 3, H, W]. Returns: logits [B, classes].
  torch::Tensor forward(torch::Tensor x);
  /// Returns the maps of the last stage, [B, C, h, w].
  /// Args: `stages`, where given, gets what leaves the stem and each stage.
  torch::Tensor features(torch::Tensor x, std::vector<torch::Tensor>* stages = nullptr);
  /// Args: `maps` of features(). Returns: logits [B, classes].
  torch::Tensor classify(const torch::Tensor& maps);

  bool small_images;
  Norm norm;
  torch::nn::Conv2d conv1{nullptr};
  torch::nn::BatchNorm2d bn1{nullptr};
  torch::nn::Sequential layer1, layer2, layer3, layer4;
  torch::nn::Linear fc{nullptr};
};
TORCH_MODULE(ResNet);

}  // namespace common::nn
