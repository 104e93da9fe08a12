#include "week04_resnet_cifar/speed_net.h"

#include <ATen/ops/linalg_eigh.h>
#include <torch/nn/init.h>

#include "common/nn/convolve.h"
#include "week04_resnet_cifar/pool_norm_gelu.h"

namespace week04 {
using common::nn::convolve;
using torch::Tensor;
namespace {

constexpr int64_t kPatch = 2, kNumbers = 3 * kPatch * kPatch;  // 12 in a patch

torch::nn::Conv2d conv(int64_t inputs, int64_t outputs) {
  torch::nn::Conv2d layer(torch::nn::Conv2dOptions(inputs, outputs, 3).padding(1).bias(false));
  const torch::NoGradGuard no_grad;
  torch::nn::init::dirac_(layer->weight.slice(0, 0, std::min(inputs, outputs)));
  return layer;
}

// The scale is not learned; the norm takes off whatever the convolution in front of it has.
torch::nn::BatchNorm2d norm(int64_t channels) {
  torch::nn::BatchNorm2d layer(torch::nn::BatchNorm2dOptions(channels).eps(1e-12));
  layer->weight.set_requires_grad(false);
  return layer;
}

}  // namespace

SpeedBlockImpl::SpeedBlockImpl(int64_t inputs, int64_t outputs) {
  conv1 = register_module("conv1", conv(inputs, outputs));
  norm1 = register_module("norm1", norm(outputs));
  conv2 = register_module("conv2", conv(outputs, outputs));
  norm2 = register_module("norm2", norm(outputs));
}

Tensor SpeedBlockImpl::forward(Tensor x) {
  x = pool_norm_gelu(convolve(conv1, x), norm1, /*pool=*/true);  // [B, outputs, H / 2, W / 2]
  return pool_norm_gelu(convolve(conv2, x), norm2, /*pool=*/false);
}

SpeedNetImpl::SpeedNetImpl(const std::vector<int64_t>& widths, int64_t axes, int64_t classes) {
  whiten = register_module("whiten", torch::nn::Conv2d(3, 2 * axes, kPatch));
  whiten->weight.set_requires_grad(false);
  torch::nn::init::zeros_(whiten->bias);
  int64_t inputs = 2 * axes;
  for (const int64_t width : widths) {
    blocks->push_back(SpeedBlock(inputs, width));
    inputs = width;
  }
  register_module("blocks", blocks);
  head = register_module("head",
                         torch::nn::Linear(torch::nn::LinearOptions(inputs, classes).bias(false)));
}

Tensor SpeedNetImpl::features(Tensor x, std::vector<Tensor>* stages) {
  x = torch::gelu(whiten(x));  // [B, 2 axes, H - 1, W - 1]
  if (stages) stages->push_back(x);
  for (auto& block : *blocks) {
    x = block.forward(x);  // 31 -> 15 -> 7 -> 3 for 32 x 32
    if (stages) stages->push_back(x);
  }
  return x;  // [B, C, h, w]
}

Tensor SpeedNetImpl::classify(const Tensor& maps) {
  // The division keeps the first steps small, where a dirac network's outputs are large.
  return head(maps.amax({2, 3})) / 9.0;  // [B, classes]
}

Tensor SpeedNetImpl::forward(Tensor x) { return classify(features(std::move(x))); }

void SpeedNetImpl::whiten_(const Tensor& images) {
  const torch::NoGradGuard no_grad;
  const Tensor patches = images.unfold(2, kPatch, 1)
                             .unfold(3, kPatch, 1)  // [N, 3, H - 1, W - 1, 2, 2]
                             .permute({0, 2, 3, 1, 4, 5})
                             .reshape({-1, kNumbers})
                             .to(torch::kDouble);  // [P, 12]
  const Tensor covariance = patches.t().mm(patches) / static_cast<double>(patches.size(0));
  const auto [variances, axes] = at::linalg_eigh(covariance);  // [12], columns of [12, 12]
  const Tensor scaled = (axes / (variances + 5e-4).sqrt()).t().flip(0);  // [12, 12], largest first
  const int64_t kept = whiten->weight.size(0) / 2;
  const Tensor filters = scaled.slice(0, 0, kept).reshape({kept, 3, kPatch, kPatch});
  whiten->weight.copy_(torch::cat({filters, -filters}));  // [2 kept, 3, 2, 2]
}

}  // namespace week04
