// A pixel p of the batch and the one `shift` further on in memory: with a column and a row of zeros
// behind each map, every neighbour beyond an edge is one of these zeros. So one product of two
// matrices sums dy[p] x[p + shift] over all pixels.
#include "common/nn/conv3x3_bf16.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

#include "common/base/processor.h"

namespace common::nn {
using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
namespace {

constexpr auto kLast = at::MemoryFormat::ChannelsLast;
constexpr int64_t kPairsAPixel = 1024;

// The maps [B, C, H, W] as rows of pixels [slack + B (H + 1) (W + 1) + slack, C], zeros between.
Tensor pixels_with_zeros(const Tensor& maps, int64_t slack) {
  const int64_t B = maps.size(0), C = maps.size(1), H = maps.size(2), W = maps.size(3);
  const int64_t n = B * (H + 1) * (W + 1);
  Tensor pixels = at::zeros({n + 2 * slack, C}, maps.options());
  pixels.narrow(0, slack, n)
      .view({B, H + 1, W + 1, C})
      .narrow(1, 0, H)
      .narrow(2, 0, W)
      .copy_(maps.permute({0, 2, 3, 1}));
  return pixels;
}

// The gradient of the weight [K, C, 3, 3], channels_last, from x [B, C, H, W], dy [B, K, H, W].
Tensor gradient_of_weight(const Tensor& x, const Tensor& dy) {
  RECORD_FUNCTION("bf16_conv3x3_gradient_of_weight", {});
  const int64_t row = x.size(3) + 1;
  const int64_t slack = row + 1;  // the furthest neighbour: a row and a column away
  const Tensor inputs = pixels_with_zeros(x, slack);
  const Tensor gradients = pixels_with_zeros(dy, 0).t();  // [K, P]
  std::vector<Tensor> taps;
  for (int64_t h = -1; h <= 1; ++h) {
    for (int64_t w = -1; w <= 1; ++w) {
      const int64_t first = slack + h * row + w;
      taps.push_back(gradients.mm(inputs.narrow(0, first, gradients.size(1))));  // [K, C]
    }
  }
  return at::stack(taps, 1).view({dy.size(1), 3, 3, x.size(1)}).permute({0, 3, 1, 2});
}

struct Bf16Conv3x3 : torch::autograd::Function<Bf16Conv3x3> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight) {
    const Tensor x16 = x.to(at::kBFloat16).contiguous(kLast);
    const Tensor weight16 = weight.to(at::kBFloat16).contiguous(kLast);
    context->save_for_backward({x16, weight16});
    return at::conv2d(x16, weight16, {}, /*stride=*/1, /*padding=*/1);
  }

  // The engine turns bf16 gradients into the types of x and of the weight.
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor& x = saved[0];
    const Tensor& weight = saved[1];
    const Tensor dy = gradients[0].to(at::kBFloat16).contiguous(kLast);
    Tensor dx, d_weight;
    if (context->needs_input_grad(0)) {
      dx = std::get<0>(at::convolution_backward(
          dy, x, weight, /*bias_sizes=*/at::OptionalIntArrayRef(), /*stride=*/{1, 1},
          /*padding=*/{1, 1}, /*dilation=*/{1, 1}, /*transposed=*/false, /*output_padding=*/{0, 0},
          /*groups=*/1, /*output_mask=*/{true, false, false}));
    }
    if (context->needs_input_grad(1)) d_weight = gradient_of_weight(x, dy);
    return {dx, d_weight};
  }
};

}  // namespace

bool gains_by_bf16_products(const Tensor& x, const Tensor& weight) {
  return base::has_amx() && at::autocast::is_autocast_enabled(at::kCPU) &&
         at::autocast::get_autocast_dtype(at::kCPU) == at::kBFloat16 && x.is_cpu() &&
         x.numel() > 0 && x.scalar_type() != at::kDouble && at::GradMode::is_enabled() &&
         weight.requires_grad() &&
         x.size(2) * x.size(3) * kPairsAPixel <= weight.size(0) * weight.size(1);
}

Tensor bf16_conv3x3(const Tensor& x, const Tensor& weight) { return Bf16Conv3x3::apply(x, weight); }

}  // namespace common::nn
