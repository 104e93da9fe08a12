// Convolution in bf16 as a product of two large matrices, for small maps on processors with AMX.
#pragma once

#include <torch/types.h>

namespace common::nn {

/// Returns at::conv2d(x, weight, {}, stride, padding) in bf16. It has a gradient, but no gradient
/// of that. Each of y and the two gradients is computed where LibTorch's is slow for these sizes as
/// one product of matrices: the windows of all places as rows, times the filters.
/// Args: x [B, C, H, W], weight [O, C, R, S], padding less than R and S.
/// Returns: [B, O, h, w], bf16, channels_last, with h = (H + 2 padding - R) / stride + 1, so w.
torch::Tensor bf16_conv(const torch::Tensor& x, const torch::Tensor& weight, int64_t stride,
                        int64_t padding);

/// Returns whether bf16_conv gives what autocast asks for, and was faster in training where it was
/// measured: with AMX, from 512 pairs of an input and an output channel for each place of a map on.
bool gains_by_bf16_conv(const torch::Tensor& x, const torch::Tensor& weight, int64_t stride,
                        int64_t padding);

}  // namespace common::nn
