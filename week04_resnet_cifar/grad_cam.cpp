#include "week04_resnet_cifar/grad_cam.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>

#include "common/plot/colours.h"

namespace week04 {
using torch::Tensor;

Tensor grad_cam(const Network& network, const Tensor& x, const Tensor& classes, size_t stage) {
  network.module->eval();
  const at::AutoGradMode with_gradients(true);
  const std::vector<Tensor> stages = network.stages(x.detach().requires_grad_());
  const Tensor logits = network.classify(stages.back());                // [B, K]
  const Tensor scores = logits.gather(1, classes.unsqueeze(1)).sum();   // images do not mix
  const Tensor& maps = stages.at(stage);                                // [B, C, h, w]
  const Tensor slopes = torch::autograd::grad({scores}, {maps}).at(0);  // [B, C, h, w]
  const at::NoGradGuard no_grad;
  // A place counts by its own slope where that is positive, not by the mean slope of its map.
  const Tensor heat = (slopes.relu() * maps).sum(1, /*keepdim=*/true).relu();  // [B, 1, h, w]
  const Tensor large = at::upsample_bilinear2d(heat, {x.size(2), x.size(3)},
                                               /*align_corners=*/false)
                           .squeeze(1);  // [B, H, W]
  return large / large.amax({1, 2}, /*keepdim=*/true).clamp_min(1e-12);
}

size_t stage_to_look_at(const Network& network, const Tensor& x) {
  const at::NoGradGuard no_grad;
  network.module->eval();
  const std::vector<Tensor> stages = network.stages(x.slice(0, 0, 1));
  size_t stage = stages.size() - 1;
  while (stage > 0 && stages[stage].size(2) < 4) --stage;
  return stage;
}

Tensor overlay(const Tensor& pixels, const Tensor& heat) {
  // A table of colours, [256, 3], so that a heat is a look-up.
  const Tensor colours = at::empty({256, 3});
  for (int64_t i = 0; i < 256; ++i) {
    const auto colour = common::plot::sequential(static_cast<double>(i) / 255);
    colours[i][0] = colour.r;
    colours[i][1] = colour.g;
    colours[i][2] = colour.b;
  }
  const Tensor index = (heat.cpu() * 255).round().clamp(0, 255).to(at::kLong);  // [B, H, W]
  const Tensor painted = colours.index({index}).permute({0, 3, 1, 2});          // [B, 3, H, W]
  const Tensor share = 0.6 * heat.cpu().unsqueeze(1);                           // [B, 1, H, W]
  return (pixels.cpu() * (1 - share) + painted * share).round().clamp(0, 255).to(at::kByte);
}

Tensor without_hottest(const Tensor& x, const Tensor& heat, double share) {
  const Tensor flat = heat.flatten(1);  // [B, H W]
  const auto count = static_cast<int64_t>(std::llround(share * static_cast<double>(flat.size(1))));
  const Tensor hottest = std::get<1>(flat.topk(count, 1));  // [B, count]
  const Tensor blank = at::zeros_like(flat).scatter_(1, hottest, 1).to(at::kBool).view_as(heat);
  return x.masked_fill(blank.unsqueeze(1), 0);  // [B, 3, H, W]
}

}  // namespace week04
