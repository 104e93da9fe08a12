#include "week01_mlp_xor/by_hand_optimizer.h"

#include <cmath>

namespace week01 {
using torch::Tensor;

void Optimizer::step(Tensor parameters, const Tensor& gradient, double lr) {
  if (!first.defined()) first = torch::zeros_like(parameters);    // [P]
  if (!second.defined()) second = torch::zeros_like(parameters);  // [P]
  const auto t = static_cast<double>(++steps);
  switch (rule) {
    case Rule::kSgd:
      parameters.add_(gradient, -lr);
      break;
    case Rule::kMomentum:
      first.mul_(momentum).add_(gradient);
      parameters.add_(first, -lr);
      break;
    case Rule::kRmsProp:
      second.mul_(alpha).addcmul_(gradient, gradient, 1 - alpha);
      parameters.addcdiv_(gradient, second.sqrt().add_(epsilon), -lr);
      break;
    case Rule::kAdam: {
      first.mul_(beta1).add_(gradient, 1 - beta1);
      second.mul_(beta2).addcmul_(gradient, gradient, 1 - beta2);
      // Both start at zero, so early means are too small by these factors.
      const double bias1 = 1 - std::pow(beta1, t), bias2 = 1 - std::pow(beta2, t);
      const Tensor deviation = second.sqrt().div_(std::sqrt(bias2)).add_(epsilon);  // [P]
      parameters.addcdiv_(first, deviation, -lr / bias1);
      break;
    }
  }
}

}  // namespace week01
