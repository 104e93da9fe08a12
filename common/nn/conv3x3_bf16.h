// 3x3 convolution in bf16 whose gradient of the weight is nine matrix products.
#pragma once

#include <torch/types.h>

namespace common::nn {

/// Returns at::conv2d(x, weight, {}, /*stride=*/1, /*padding=*/1) computed in bf16 with sums in
/// float32, as under autocast. It has a gradient, but no gradient of that. LibTorch's gradient of
/// the weight goes image by image and adds each to all K C 9 sums: where the maps are small, that
/// costs more than the products. Here each of the nine positions of a filter is one product over
/// all pixels of the batch.
/// Args: x [B, C, H, W], weight [K, C, 3, 3], of floating point types. Returns: [B, K, H, W], bf16.
torch::Tensor bf16_conv3x3(const torch::Tensor& x, const torch::Tensor& weight);

/// Returns whether bf16_conv3x3 is what autocast would compute now, with a gradient of the weight,
/// and was faster than LibTorch's where it was measured: on a processor with AMX, from 1024 times
/// as many pairs of channels as a map has pixels (256 x 256 at 8 x 8).
bool gains_by_bf16_products(const torch::Tensor& x, const torch::Tensor& weight);

}  // namespace common::nn
