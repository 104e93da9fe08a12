#include "common/nn/convolve.h"

#include "common/nn/bf16_conv.h"
#include "common/nn/winograd.h"

namespace common::nn {
using torch::Tensor;
namespace {

thread_local bool direct_only = false;

bool all_are(const torch::ExpandingArray<2>& array, int64_t value) {
  return (*array)[0] == value && (*array)[1] == value;
}

}  // namespace

Tensor convolve(torch::nn::Conv2d& layer, const Tensor& x) {
  const auto& o = layer->options;
  const int64_t stride = o.stride()->front();
  const auto* const padding = std::get_if<torch::ExpandingArray<2>>(&o.padding());
  if (direct_only || padding == nullptr || !all_are(*padding, (*padding)->front()) ||
      !std::holds_alternative<torch::enumtype::kZeros>(o.padding_mode()) ||
      !all_are(o.stride(), stride) || !all_are(o.dilation(), 1) || o.groups() != 1 || o.bias()) {
    return layer(x);
  }
  const Tensor& weight = layer->weight;
  const int64_t zeros = (*padding)->front();
  if (gains_by_bf16_conv(x, weight, stride, zeros)) return bf16_conv(x, weight, stride, zeros);
  if (all_are(o.kernel_size(), 3) && stride == 1 && zeros == 1 && fits_winograd(x, weight) &&
      gains_by_winograd(x, weight)) {
    return winograd_conv3x3(x, weight);
  }
  return layer(x);
}

DirectConvolutions::DirectConvolutions() : before_(direct_only) { direct_only = true; }
DirectConvolutions::~DirectConvolutions() { direct_only = before_; }

}  // namespace common::nn
