// The learner's block against the one that resnet18 is made of, with the same weights.
#include "common/base/exercise.h"
#include "common/nn/resnet.h"
#include "exercise.h"

namespace {

using torch::Tensor;

// "conv1.weight [16, 16, 3, 3], bn1.weight [16], ..."
std::string layers(const torch::nn::Module& module) {
  std::string text;
  for (const auto& item : module.named_parameters()) {
    text += (text.empty() ? "" : ", ") + item.key() + " [";
    for (int64_t i = 0; i < item.value().dim(); ++i) {
      text += (i == 0 ? "" : ", ") + std::to_string(item.value().size(i));
    }
    text += "]";
  }
  return text.empty() ? "none" : text;
}

std::vector<double> numbers(const Tensor& x) {
  const Tensor row = x.detach().to(torch::kDouble).contiguous();
  return {row.data_ptr<double>(), row.data_ptr<double>() + row.numel()};
}

void check_block(common::base::Checks& checks, const std::string& name, int64_t inputs,
                 int64_t outputs, int64_t stride) {
  common::nn::ResNetBlock wanted(inputs, outputs, stride, common::nn::ResNetOptions());
  torch::nn::AnyModule block = make_block(inputs, outputs, stride);
  const auto mine = block.ptr();
  const bool alike = layers(*mine) == layers(*wanted);
  checks.holds(name + ": parameters", alike,
               "expected " + layers(*wanted) + "; found " + layers(*mine));
  if (!alike) return;
  const Tensor images = torch::randn({3, inputs, 8, 8});
  {
    const torch::NoGradGuard no_grad;
    const auto weights = wanted->parameters(), own = mine->parameters();
    for (size_t i = 0; i < own.size(); ++i) own[i].copy_(weights[i]);
  }
  for (const bool training : {true, false}) {
    mine->train(training);
    wanted->train(training);
    Tensor x = images.clone().requires_grad_(), z = images.clone().requires_grad_();
    const Tensor found = block.forward(x), right = wanted(z);
    const std::string when = training ? " in training" : " in evaluation";
    checks.near(name + ": the output" + when, numbers(found), numbers(right), 1e-5);
    if (!found.sizes().equals(right.sizes()) || !found.requires_grad()) return;
    const Tensor weight = torch::randn_like(right);
    (found * weight).sum().backward();
    (right * weight).sum().backward();
    if (!x.grad().defined()) x.mutable_grad() = torch::zeros_like(x);
    checks.near(name + ": the gradient of x" + when, numbers(x.grad()), numbers(z.grad()), 1e-4);
  }
}

}  // namespace

int main() {
  common::base::Checks checks("04.5 a residual block");
  torch::manual_seed(5);
  check_block(checks, "16 to 16 channels", 16, 16, 1);
  check_block(checks, "16 to 32 channels", 16, 32, 1);
  check_block(checks, "16 to 32 channels, stride 2", 16, 32, 2);
  check_block(checks, "16 to 16 channels, stride 2", 16, 16, 2);
  return checks.report();
}
