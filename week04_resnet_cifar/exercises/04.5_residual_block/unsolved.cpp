// Your part: a struct that derives from torch::nn::Module makes its layers in the constructor and
// tells their names by register_module, so that parameters(), train() and whoever saves the weights
// find them; forward() puts the layers together. They are torch::nn::Conv2d (with Conv2dOptions),
// torch::nn::BatchNorm2d and torch::nn::Sequential. A member that is made later, or never, begins
// as {nullptr}; is_empty() tells.
#include "exercise.h"

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>

namespace {

struct BlockImpl : torch::nn::Module {
  BlockImpl(std::int64_t inputs, std::int64_t outputs, std::int64_t stride) {
    (void)inputs, (void)outputs, (void)stride;  // remove this line when you use them
  }

  torch::Tensor forward(const torch::Tensor& x) { return x; }
};
TORCH_MODULE(Block);  // Block holds a BlockImpl, as a shared pointer does

}  // namespace

torch::nn::AnyModule make_block(std::int64_t inputs, std::int64_t outputs, std::int64_t stride) {
  return torch::nn::AnyModule(Block(inputs, outputs, stride));
}
