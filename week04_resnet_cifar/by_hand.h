// Convolution as a matrix product (im2col) and batch norm, forward and backward, by hand.
// B batch, C channels in, O channels out, H W image, K kernel, h w output; any floating type.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace week04 {

/// How a kernel goes over an image.
struct ConvShape {
  int64_t kernel = 3, stride = 1, padding = 1;

  /// Returns the side of the output for an input of this side.
  int64_t output(int64_t side) const { return (side + 2 * padding - kernel) / stride + 1; }
};

/// Returns every patch under the kernel as a row.
/// Args: x [B, C, H, W]. Returns: [B h w, C K K].
torch::Tensor im2col(const torch::Tensor& x, const ConvShape& shape);

/// Adds each row back to where im2col took it from: the transpose of im2col.
/// Args: columns [B h w, C K K]; `sizes` of x, [B, C, H, W]. Returns: [B, C, H, W].
torch::Tensor col2im(const torch::Tensor& columns, torch::IntArrayRef sizes,
                     const ConvShape& shape);

/// What conv_forward keeps for conv_gradients.
struct ConvTape {
  torch::Tensor columns;         // [B h w, C K K]
  std::vector<int64_t> x_sizes;  // B, C, H, W
};

/// Returns y [B, O, h, w], y[b, o] = sum over c, i, j of x[b, c, at + (i, j)] weight[o, c, i, j].
/// Args: x [B, C, H, W]; weight [O, C, K, K].
torch::Tensor conv_forward(const torch::Tensor& x, const torch::Tensor& weight,
                           const ConvShape& shape, ConvTape& tape);

/// Gradients of a loss with respect to what went in.
struct ConvGradients {
  torch::Tensor dx;       // [B, C, H, W]
  torch::Tensor dweight;  // [O, C, K, K]
};

/// Args: dy [B, O, h, w].
ConvGradients conv_gradients(const torch::Tensor& dy, const torch::Tensor& weight,
                             const ConvShape& shape, const ConvTape& tape);

/// The learned scale and shift of each channel, and the averages that evaluation uses.
struct BatchNorm {
  torch::Tensor scale, shift;                    // [C]
  torch::Tensor running_mean, running_variance;  // [C]
  double momentum = 0.1;                         // share of the new batch in the averages
  double eps = 1e-5;
};

/// What batch_norm_forward keeps for batch_norm_gradients.
struct BatchNormTape {
  torch::Tensor normal;     // [B, C, H, W], mean 0 and variance 1 in each channel
  torch::Tensor deviation;  // [1, C, 1, 1]
};

/// Training: normalises each channel over the batch and the image, then scales and shifts it; moves
/// the running averages of `norm`.
/// Source: Ioffe and Szegedy 2015, arXiv:1502.03167, algorithm 1.
torch::Tensor batch_norm_forward(const torch::Tensor& x, BatchNorm& norm, BatchNormTape& tape);

/// Evaluation: the same with the running averages in place of the batch's.
torch::Tensor batch_norm_evaluate(const torch::Tensor& x, const BatchNorm& norm);

/// Gradients of a loss with respect to what went into batch_norm_forward.
struct BatchNormGradients {
  torch::Tensor dx;              // [B, C, H, W]
  torch::Tensor dscale, dshift;  // [C]
};

/// Args: dy [B, C, H, W].
BatchNormGradients batch_norm_gradients(const torch::Tensor& dy, const BatchNorm& norm,
                                        const BatchNormTape& tape);

}  // namespace week04
