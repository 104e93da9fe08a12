// Grad-CAM: where in an image a network sees what it answers.
#pragma once

#include <vector>

#include "week04_resnet_cifar/network.h"

namespace week04 {

/// Returns for each image how much each place speaks for a class, [B, H, W], 0 to 1 (all 0 where
/// nothing speaks for it), and leaves the network in evaluation mode.
/// Args: x [B, 3, H, W], normalised; `classes` [B], int64: what to speak for; `stage` of
/// network.stages() whose maps are looked at.
/// Source: Selvaraju et al. 2017, arXiv:1610.02391, section 3. Differs: each place of a map has its
/// own weight, its slope where positive (Layer-CAM, Jiang et al. 2021,
/// doi:10.1109/TIP.2021.3089943); with one weight a map, most images stay blank at a stage that is
/// not the last.
torch::Tensor grad_cam(const Network& network, const torch::Tensor& x, const torch::Tensor& classes,
                       size_t stage);

/// Returns the last stage whose maps are at least 4 x 4: coarser ones show no place.
size_t stage_to_look_at(const Network& network, const torch::Tensor& x);

/// Returns images with `heat` over them in colours, [B, 3, H, W], uint8.
/// Args: pixels [B, 3, H, W], uint8; heat [B, H, W], 0 to 1.
torch::Tensor overlay(const torch::Tensor& pixels, const torch::Tensor& heat);

/// Returns x with the hottest `share` of each image's pixels replaced by 0, the data set's mean.
/// Args: x [B, 3, H, W], normalised; heat [B, H, W].
torch::Tensor without_hottest(const torch::Tensor& x, const torch::Tensor& heat, double share);

}  // namespace week04
