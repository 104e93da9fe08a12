// Augmentation of whole batches on their own device. Every draw comes from a `Random`, so that a
// batch follows from its seed, whatever the device and the number of threads.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "common/base/random.h"

namespace common::data {

/// What stands outside the edge of an image.
enum class Border { kReflect, kZero };

/// Shifts each image by -`pad` to `pad` pixels in each direction, all alike likely; what comes in
/// from outside is the border.
/// Args: images [B, C, H, W] of any type. Returns: [B, C, H, W].
/// Errors: `Error` when pad < 0, or pad >= H or W with kReflect.
at::Tensor pad_and_crop(const at::Tensor& images, std::int64_t pad, Border border,
                        base::Random& random);

/// Mirrors each image left to right with probability `p`.
/// Args, returns: [B, C, H, W].
at::Tensor flip(const at::Tensor& images, base::Random& random, double p = 0.5);

/// Mirrors each image in every other epoch: half of them, drawn from `seed`, in the even ones, the
/// others in the odd. Two successive epochs show every image both ways, where random flips show
/// half of them the same way twice. Args: images [B, C, H, W]; ids: B sample numbers. Source:
/// Jordan 2024, arXiv:2404.00498, section 3.6.
at::Tensor alternating_flip(const at::Tensor& images, std::span<const std::int64_t> ids,
                            std::int64_t epoch, std::uint64_t seed);

/// Fills a square of side `size` with `value` in each image; its centre is anywhere in the image,
/// so that it may be cut by the edge. Source: DeVries and Taylor 2017, arXiv:1708.04552.
at::Tensor cutout(const at::Tensor& images, std::int64_t size, base::Random& random,
                  double value = 0);

/// Images and what they should be answered with, as shares of each class.
struct Mixed {
  at::Tensor images;   // [B, C, H, W]
  at::Tensor targets;  // [B, K], float; each row sums to 1
};

/// Blends each image with another one of the batch, and their targets alike. The share is drawn
/// once for the batch from Beta(alpha, alpha). Args: images [B, C, H, W], floating; targets [B, K];
/// alpha > 0, or 0 for none. Source: Zhang et al. 2018, arXiv:1710.09412.
Mixed mixup(const at::Tensor& images, const at::Tensor& targets, double alpha,
            base::Random& random);

/// Puts a rectangle of another image of the batch into each image; targets are blended by its area,
/// which is 1 - s of the image with s from Beta(alpha, alpha), less what the edge cuts off.
/// Source: Yun et al. 2019, arXiv:1905.04899.
Mixed cutmix(const at::Tensor& images, const at::Tensor& targets, double alpha,
             base::Random& random);

/// How much colour_jitter may change: each factor is drawn from [1 - x, 1 + x].
struct ColourJitter {
  double brightness = 0, contrast = 0, saturation = 0;
};

/// Changes brightness, then contrast, then saturation of each image by factors of its own. Pixels
/// stay in [0, 1].
/// Args: images [B, 3, H, W], floating, from 0 to 1.
/// Differs from torchvision: the order is fixed, and there is no change of hue.
at::Tensor colour_jitter(const at::Tensor& images, const ColourJitter& how, base::Random& random);

/// Turns each image about its centre by -`degrees` to `degrees`, bilinear, zeros outside.
/// Args: images [B, C, H, W], floating.
at::Tensor rotate(const at::Tensor& images, double degrees, base::Random& random);

}  // namespace common::data
