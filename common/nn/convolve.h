// A convolution layer by the fastest way there is for its sizes.
#pragma once

#include <torch/nn/modules/conv.h>

namespace common::nn {

/// Returns layer(x): by winograd_conv3x3() or bf16_conv() where these gain, else by LibTorch.
torch::Tensor convolve(torch::nn::Conv2d& layer, const torch::Tensor& x);

/// While one exists, convolve() on this thread is LibTorch's convolution: to compare, or to count
/// what a network would cost without tricks.
class DirectConvolutions {
 public:
  DirectConvolutions();
  ~DirectConvolutions();
  DirectConvolutions(const DirectConvolutions&) = delete;
  DirectConvolutions& operator=(const DirectConvolutions&) = delete;

 private:
  bool before_;
};

}  // namespace common::nn
