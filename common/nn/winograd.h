// 3x3 convolution on processors with less than a third of the multiplications.
#pragma once

#include <torch/types.h>

namespace common::nn {

/// Returns at::conv2d(x, weight, {}, /*stride=*/1, /*padding=*/1), float32 in channels_last on the
/// CPU, by Winograd's minimal filtering: 36 multiplications for each 4 x 4 outputs in place of 144.
/// Its results differ from the exact ones by rounding, about 1e-5 of the largest (LibTorch's:
/// 3e-6). It has a gradient, but no gradient of that. Args: x [B, C, H, W], weight [K, C, 3, 3].
/// Returns: [B, K, H, W], channels_last. Errors: `std::logic_error` when fits_winograd() says no.
/// Source: Lavin and Gray 2015, arXiv:1509.09308.
torch::Tensor winograd_conv3x3(const torch::Tensor& x, const torch::Tensor& weight);

/// Returns whether winograd_conv3x3 takes these: float32 on a processor with vectors, C and K
/// multiples of 8, no autocast.
/// Args: x [B, C, H, W], weight [K, C, 3, 3].
bool fits_winograd(const torch::Tensor& x, const torch::Tensor& weight);

/// Returns whether it was faster than LibTorch's convolution where it was measured: from 64
/// channels on both sides and 100 tiles of 4 x 4 outputs.
bool gains_by_winograd(const torch::Tensor& x, const torch::Tensor& weight);

}  // namespace common::nn
