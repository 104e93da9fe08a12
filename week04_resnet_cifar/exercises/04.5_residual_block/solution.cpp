// The sum is what makes it residual: its gradient goes to both sides unchanged.
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>

#include "exercise.h"

namespace {

torch::nn::Conv2d conv(std::int64_t inputs, std::int64_t outputs, std::int64_t kernel,
                       std::int64_t stride) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(inputs, outputs, kernel)
                               .stride(stride)
                               .padding(kernel / 2)
                               .bias(false));
}

struct BlockImpl : torch::nn::Module {
  BlockImpl(std::int64_t inputs, std::int64_t outputs, std::int64_t stride) {
    conv1 = register_module("conv1", conv(inputs, outputs, 3, stride));
    bn1 = register_module("bn1", torch::nn::BatchNorm2d(outputs));
    conv2 = register_module("conv2", conv(outputs, outputs, 3, 1));
    bn2 = register_module("bn2", torch::nn::BatchNorm2d(outputs));
    if (stride == 1 && inputs == outputs) return;
    downsample = register_module(
        "downsample",
        torch::nn::Sequential(conv(inputs, outputs, 1, stride), torch::nn::BatchNorm2d(outputs)));
  }

  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor y = bn2(conv2(bn1(conv1(x)).relu()));
    return (y + (downsample.is_empty() ? x : downsample->forward(x))).relu();
  }

  torch::nn::Conv2d conv1{nullptr}, conv2{nullptr};
  torch::nn::BatchNorm2d bn1{nullptr}, bn2{nullptr};
  torch::nn::Sequential downsample{nullptr};
};
TORCH_MODULE(Block);

}  // namespace

torch::nn::AnyModule make_block(std::int64_t inputs, std::int64_t outputs, std::int64_t stride) {
  return torch::nn::AnyModule(Block(inputs, outputs, stride));
}
