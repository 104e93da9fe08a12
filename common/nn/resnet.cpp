#include "common/nn/resnet.h"

#include <torch/nn/init.h>

#include "common/nn/convolve.h"

namespace common::nn {
using torch::Tensor;
namespace {

torch::nn::Conv2d conv(int64_t inputs, int64_t outputs, int64_t kernel, int64_t stride) {
  torch::nn::Conv2d layer(torch::nn::Conv2dOptions(inputs, outputs, kernel)
                              .stride(stride)
                              .padding(kernel / 2)
                              .bias(false));
  torch::nn::init::kaiming_normal_(layer->weight, 0, torch::kFanOut, torch::kReLU);
  return layer;
}

ResNetOptions resnet(std::array<int64_t, 4> blocks, bool bottleneck, int64_t classes,
                     bool small_images) {
  ResNetOptions options;
  options.blocks = blocks;
  options.bottleneck = bottleneck;
  options.classes = classes;
  options.small_images = small_images;
  return options;
}

}  // namespace

ResNetOptions ResNetOptions::resnet18(int64_t classes, bool small_images) {
  return resnet({2, 2, 2, 2}, false, classes, small_images);
}
ResNetOptions ResNetOptions::resnet34(int64_t classes, bool small_images) {
  return resnet({3, 4, 6, 3}, false, classes, small_images);
}
ResNetOptions ResNetOptions::resnet50(int64_t classes, bool small_images) {
  return resnet({3, 4, 6, 3}, true, classes, small_images);
}

ResNetBlockImpl::ResNetBlockImpl(int64_t inputs, int64_t channels, int64_t stride,
                                 const ResNetOptions& options)
    : norm(options.norm) {
  const bool bottleneck = options.bottleneck;
  const int64_t outputs = bottleneck ? 4 * channels : channels;
  const auto batch_norm = [](int64_t c) { return torch::nn::BatchNorm2d(c); };
  if (bottleneck) {
    conv1 = register_module("conv1", conv(inputs, channels, 1, 1));
    bn1 = register_module("bn1", batch_norm(channels));
    conv2 = register_module("conv2", conv(channels, channels, 3, stride));
    bn2 = register_module("bn2", batch_norm(channels));
    conv3 = register_module("conv3", conv(channels, outputs, 1, 1));
    bn3 = register_module("bn3", batch_norm(outputs));
  } else {
    conv1 = register_module("conv1", conv(inputs, channels, 3, stride));
    bn1 = register_module("bn1", batch_norm(channels));
    conv2 = register_module("conv2", conv(channels, channels, 3, 1));
    bn2 = register_module("bn2", batch_norm(channels));
  }
  if (options.zero_init_residual) torch::nn::init::zeros_((bottleneck ? bn3 : bn2)->weight);
  if (stride != 1 || inputs != outputs) {
    shortcut = conv(inputs, outputs, 1, stride);
    shortcut_norm = batch_norm(outputs);
    register_module("downsample", torch::nn::Sequential(shortcut, shortcut_norm));
  }
}

Tensor ResNetBlockImpl::forward(const Tensor& x) {
  Tensor y = norm(bn1, convolve(conv1, x)).relu_();
  y = norm(bn2, convolve(conv2, y));
  if (!conv3.is_empty()) y = norm(bn3, convolve(conv3, y.relu_()));
  y += shortcut.is_empty() ? x : norm(shortcut_norm, convolve(shortcut, x));
  return y.relu_();  // [B, outputs, H / stride, W / stride]
}

ResNetImpl::ResNetImpl(const ResNetOptions& options)
    : small_images(options.small_images), norm(options.norm) {
  int64_t channels = options.width;
  conv1 =
      register_module("conv1", small_images ? conv(3, channels, 3, 1) : conv(3, channels, 7, 2));
  bn1 = register_module("bn1", torch::nn::BatchNorm2d(channels));
  const std::array<std::pair<const char*, torch::nn::Sequential*>, 4> stages = {
      {{"layer1", &layer1}, {"layer2", &layer2}, {"layer3", &layer3}, {"layer4", &layer4}}};
  int64_t inputs = channels;
  for (size_t stage = 0; stage < stages.size(); ++stage) {
    for (int64_t i = 0; i < options.blocks[stage]; ++i) {
      const int64_t stride = stage > 0 && i == 0 ? 2 : 1;
      (*stages[stage].second)->push_back(ResNetBlock(inputs, channels, stride, options));
      inputs = options.bottleneck ? 4 * channels : channels;
    }
    register_module(stages[stage].first, *stages[stage].second);
    channels *= 2;
  }
  fc = register_module("fc", torch::nn::Linear(inputs, options.classes));
}

Tensor ResNetImpl::features(Tensor x, std::vector<Tensor>* stages) {
  x = norm(bn1, conv1(x)).relu_();
  if (!small_images) x = torch::max_pool2d(x, /*kernel=*/3, /*stride=*/2, /*padding=*/1);
  if (stages) stages->push_back(x);
  for (auto layer : {layer1, layer2, layer3, layer4}) {
    x = layer->forward(x);  // halves H and W, but for the first
    if (stages) stages->push_back(x);
  }
  return x;  // [B, C, h, w]
}

Tensor ResNetImpl::classify(const Tensor& maps) {
  return fc(maps.mean({2, 3}));  // [B, classes]
}

Tensor ResNetImpl::forward(Tensor x) { return classify(features(std::move(x))); }

}  // namespace common::nn
