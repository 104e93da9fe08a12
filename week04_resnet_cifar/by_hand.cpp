#include "week04_resnet_cifar/by_hand.h"

#include <ATen/ops/zeros.h>

namespace week04 {
using torch::Tensor;
namespace {

// The pixels that row i, column j of the kernel lies on, one for each output: a strided slice.
Tensor under_kernel(const Tensor& padded, int64_t i, int64_t j, int64_t h, int64_t w,
                    int64_t stride) {
  return padded.slice(2, i, i + stride * (h - 1) + 1, stride)
      .slice(3, j, j + stride * (w - 1) + 1, stride);  // [B, C, h, w]
}

Tensor inner(const Tensor& padded, int64_t padding) {
  return padded.slice(2, padding, padded.size(2) - padding)
      .slice(3, padding, padded.size(3) - padding);  // [B, C, H, W]
}

Tensor padded_zeros(torch::IntArrayRef sizes, int64_t padding,
                    const torch::TensorOptions& options) {
  return at::zeros({sizes[0], sizes[1], sizes[2] + 2 * padding, sizes[3] + 2 * padding}, options);
}

// [B h w, O] <-> [B, O, h, w]
Tensor to_rows(const Tensor& y) { return y.permute({0, 2, 3, 1}).reshape({-1, y.size(1)}); }
Tensor to_image(const Tensor& rows, int64_t B, int64_t h, int64_t w) {
  return rows.view({B, h, w, rows.size(1)}).permute({0, 3, 1, 2});
}

Tensor per_channel(const Tensor& values) { return values.view({1, -1, 1, 1}); }  // [1, C, 1, 1]

}  // namespace

Tensor im2col(const Tensor& x, const ConvShape& shape) {
  const int64_t B = x.size(0), C = x.size(1), K = shape.kernel;
  const int64_t h = shape.output(x.size(2)), w = shape.output(x.size(3));
  Tensor padded = padded_zeros(x.sizes(), shape.padding, x.options());
  inner(padded, shape.padding).copy_(x);
  Tensor columns = at::zeros({B, h, w, C, K, K}, x.options());
  for (int64_t i = 0; i < K; ++i) {
    for (int64_t j = 0; j < K; ++j) {
      const Tensor pixels = under_kernel(padded, i, j, h, w, shape.stride);  // [B, C, h, w]
      columns.select(5, j).select(4, i).copy_(pixels.permute({0, 2, 3, 1}));
    }
  }
  return columns.view({B * h * w, C * K * K});
}

Tensor col2im(const Tensor& columns, torch::IntArrayRef sizes, const ConvShape& shape) {
  const int64_t B = sizes[0], C = sizes[1], K = shape.kernel;
  const int64_t h = shape.output(sizes[2]), w = shape.output(sizes[3]);
  const Tensor patches = columns.view({B, h, w, C, K, K});
  Tensor padded = padded_zeros(sizes, shape.padding, columns.options());
  for (int64_t i = 0; i < K; ++i) {
    for (int64_t j = 0; j < K; ++j) {
      // A pixel lies in up to K K patches: its gradient is the sum over them.
      under_kernel(padded, i, j, h, w, shape.stride)
          .add_(patches.select(5, j).select(4, i).permute({0, 3, 1, 2}));
    }
  }
  return inner(padded, shape.padding);
}

Tensor conv_forward(const Tensor& x, const Tensor& weight, const ConvShape& shape, ConvTape& tape) {
  tape.columns = im2col(x, shape);  // [B h w, C K K]
  tape.x_sizes = x.sizes().vec();
  const Tensor w = weight.reshape({weight.size(0), -1});  // [O, C K K]
  const Tensor rows = tape.columns.mm(w.t());             // [B h w, O]
  return to_image(rows, x.size(0), shape.output(x.size(2)), shape.output(x.size(3)));
}

ConvGradients conv_gradients(const Tensor& dy, const Tensor& weight, const ConvShape& shape,
                             const ConvTape& tape) {
  const Tensor drows = to_rows(dy);                       // [B h w, O]
  const Tensor w = weight.reshape({weight.size(0), -1});  // [O, C K K]
  const Tensor dw = drows.t().mm(tape.columns);           // [O, C K K]
  const Tensor dcolumns = drows.mm(w);                    // [B h w, C K K]
  return {col2im(dcolumns, tape.x_sizes, shape), dw.view(weight.sizes())};
}

Tensor batch_norm_forward(const Tensor& x, BatchNorm& norm, BatchNormTape& tape) {
  const Tensor mean = x.mean({0, 2, 3}, /*keepdim=*/true);                        // [1, C, 1, 1]
  const Tensor variance = (x - mean).square().mean({0, 2, 3}, /*keepdim=*/true);  // [1, C, 1, 1]
  tape.deviation = (variance + norm.eps).sqrt();
  tape.normal = (x - mean) / tape.deviation;  // [B, C, H, W]

  // The averages take the unbiased variance: divided by n - 1 in place of n.
  const double n = static_cast<double>(x.numel()) / static_cast<double>(x.size(1));
  norm.running_mean.mul_(1 - norm.momentum).add_(mean.flatten(), norm.momentum);
  norm.running_variance.mul_(1 - norm.momentum)
      .add_(variance.flatten(), norm.momentum * n / (n - 1));
  return tape.normal * per_channel(norm.scale) + per_channel(norm.shift);
}

Tensor batch_norm_evaluate(const Tensor& x, const BatchNorm& norm) {
  const Tensor deviation = per_channel((norm.running_variance + norm.eps).sqrt());
  return (x - per_channel(norm.running_mean)) / deviation * per_channel(norm.scale) +
         per_channel(norm.shift);
}

BatchNormGradients batch_norm_gradients(const Tensor& dy, const BatchNorm& norm,
                                        const BatchNormTape& tape) {
  BatchNormGradients gradients;
  gradients.dshift = dy.sum({0, 2, 3});                  // [C]
  gradients.dscale = (dy * tape.normal).sum({0, 2, 3});  // [C]
  // y does not change when a constant is added to x, nor when x is scaled: what dy has along these
  // two directions (1 and the normal values) is taken out.
  const double n = static_cast<double>(dy.numel()) / static_cast<double>(dy.size(1));
  const Tensor constant = per_channel(gradients.dshift) / n;
  const Tensor along = per_channel(gradients.dscale) / n;
  gradients.dx = per_channel(norm.scale) / tape.deviation * (dy - constant - tape.normal * along);
  return gradients;
}

}  // namespace week04
