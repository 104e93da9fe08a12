// y [P, O] = windows [P, R S C] times filters [R S C, O], where a window is what lies under the
// filters at one of the P places of all maps: the usual "im2col". LibTorch's convolution copies no
// windows, but works map by map: AMX multiplies 16 rows at once, of which 4 are used with maps that
// are 4 wide, and the gradient of the weight adds to all its R S C O sums for each map anew.
#include "common/nn/bf16_conv.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <array>

#include "common/base/processor.h"

namespace common::nn {
using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
namespace {

constexpr auto kLast = at::MemoryFormat::ChannelsLast;
// From so many pairs of channels for each place of a map, a product was faster than LibTorch's.
constexpr int64_t kPairsForWeight = 512, kPairsForMaps = 4096;

int64_t places(int64_t size, int64_t window, int64_t stride, int64_t padding) {
  return (size + 2 * padding - window) / stride + 1;
}

// Whether there are `wanted` pairs of an input and an output channel for each place of a map.
bool has_pairs(int64_t wanted, const Tensor& x, const Tensor& weight, int64_t stride,
               int64_t padding) {
  const int64_t h = places(x.size(2), weight.size(2), stride, padding);
  const int64_t w = places(x.size(3), weight.size(3), stride, padding);
  return h > 0 && w > 0 && weight.size(0) * weight.size(1) >= wanted * h * w;
}

// The pixels of maps [B, C, H, W], channels_last, as rows [B H W, C].
Tensor pixels(const Tensor& maps) { return maps.permute({0, 2, 3, 1}).reshape({-1, maps.size(1)}); }

// The other way around.
Tensor maps(const Tensor& pixels, int64_t B, int64_t H, int64_t W) {
  return pixels.view({B, H, W, pixels.size(1)}).permute({0, 3, 1, 2});
}

// The windows [R, S, C] of maps [B, C, H, W], channels_last, as rows [B h w, R S C].
Tensor windows(const Tensor& maps, int64_t R, int64_t S, int64_t stride, int64_t padding) {
  const Tensor padded =
      at::constant_pad_nd(maps, {padding, padding, padding, padding}).contiguous(kLast);
  const int64_t B = padded.size(0), C = padded.size(1), H = padded.size(2), W = padded.size(3);
  const int64_t h = places(H, R, stride, 0), w = places(W, S, stride, 0);
  const std::array<int64_t, 5> strides{H * W * C, stride * W * C, stride * C, W * C, 1};
  return padded.as_strided({B, h, w, R, S * C}, strides).reshape({B * h * w, R * S * C});
}

struct Bf16Conv : torch::autograd::Function<Bf16Conv> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight,
                        int64_t stride, int64_t padding) {
    const Tensor x16 = x.to(at::kBFloat16).contiguous(kLast);
    const Tensor weight16 = weight.to(at::kBFloat16).contiguous(kLast);
    context->save_for_backward({x16, weight16});
    context->saved_data["stride"] = stride;
    context->saved_data["padding"] = padding;
    if (!has_pairs(kPairsForMaps, x16, weight16, stride, padding)) {
      return at::conv2d(x16, weight16, {}, stride, padding);
    }
    RECORD_FUNCTION("bf16_conv", {});
    const int64_t R = weight.size(2), S = weight.size(3);
    const Tensor filters = weight16.permute({0, 2, 3, 1}).reshape({weight.size(0), -1});
    return maps(windows(x16, R, S, stride, padding).mm(filters.t()), x.size(0),
                places(x.size(2), R, stride, padding), places(x.size(3), S, stride, padding));
  }

  // The engine turns bf16 gradients into the types of x and of the weight.
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1];
    const int64_t stride = context->saved_data["stride"].toInt();
    const int64_t padding = context->saved_data["padding"].toInt();
    const int64_t O = weight.size(0), C = weight.size(1), R = weight.size(2), S = weight.size(3);
    const Tensor dy = gradients[0].to(at::kBFloat16).contiguous(kLast);
    const auto libtorchs = [&](bool of_x, bool of_weight) {
      return at::convolution_backward(dy, x, weight, /*bias_sizes=*/at::OptionalIntArrayRef(),
                                      {stride, stride}, {padding, padding}, /*dilation=*/{1, 1},
                                      /*transposed=*/false, /*output_padding=*/{0, 0},
                                      /*groups=*/1, {of_x, of_weight, false});
    };
    Tensor dx, d_weight;
    if (context->needs_input_grad(0)) {
      if (stride == 1 && R == S && has_pairs(kPairsForMaps, x, weight, stride, padding)) {
        RECORD_FUNCTION("bf16_conv_gradient_of_input", {});
        // A convolution of dy with filters that are turned around, [R S O, C].
        const Tensor turned = weight.flip({2, 3}).permute({2, 3, 0, 1}).reshape({R * S * O, C});
        dx =
            maps(windows(dy, R, S, 1, R - 1 - padding).mm(turned), x.size(0), x.size(2), x.size(3));
      } else {
        dx = std::get<0>(libtorchs(true, false));
      }
    }
    if (context->needs_input_grad(1)) {
      if (has_pairs(kPairsForWeight, x, weight, stride, padding)) {
        RECORD_FUNCTION("bf16_conv_gradient_of_weight", {});
        d_weight =
            maps(pixels(dy).t().mm(windows(x, R, S, stride, padding)).view({-1, C}), O, R, S);
      } else {
        d_weight = std::get<1>(libtorchs(false, true));
      }
    }
    return {dx, d_weight, Tensor(), Tensor()};
  }
};

}  // namespace

bool gains_by_bf16_conv(const Tensor& x, const Tensor& weight, int64_t stride, int64_t padding) {
  return base::has_amx() && at::autocast::is_autocast_enabled(at::kCPU) &&
         at::autocast::get_autocast_dtype(at::kCPU) == at::kBFloat16 && x.is_cpu() &&
         x.numel() > 0 && x.scalar_type() != at::kDouble && at::GradMode::is_enabled() &&
         weight.requires_grad() && has_pairs(kPairsForWeight, x, weight, stride, padding);
}

Tensor bf16_conv(const Tensor& x, const Tensor& weight, int64_t stride, int64_t padding) {
  return Bf16Conv::apply(x, weight, stride, padding);
}

}  // namespace common::nn
