#include "common/train/optimizer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "common/base/error.h"

namespace common::train {
using at::Tensor;
namespace {

// The tensors of a group that have a gradient, and the state that goes with them.
struct Moved {
  std::vector<Tensor> parameters, gradients, first, second, steps;
};

std::optional<Tensor> optional_of(const Tensor& tensor) {
  return tensor.defined() ? std::optional(tensor) : std::nullopt;
}

// torch.optim.SGD takes the first gradient as the first momentum; a buffer of zeros gives the same.
void apply(const Sgd& rule, Moved& m, double lr, double momentum, double weight_decay,
           const Tensor& skip) {
  at::_fused_sgd_(m.parameters, m.gradients, momentum == 0 ? std::vector<Tensor>() : m.first,
                  weight_decay, momentum, lr, /*dampening=*/0, rule.nesterov && momentum > 0,
                  /*maximize=*/false, /*is_first_step=*/false, /*grad_scale=*/{},
                  optional_of(skip));
}

void apply(const AdamW& rule, Moved& m, double lr, double beta1, double weight_decay,
           const Tensor& skip) {
  at::_foreach_add_(m.steps, 1);
  at::_fused_adamw_(m.parameters, m.gradients, m.first, m.second, /*max_exp_avg_sqs=*/{}, m.steps,
                    lr, beta1, rule.beta2, weight_decay, rule.eps, /*amsgrad=*/false,
                    /*maximize=*/false, /*grad_scale=*/{}, optional_of(skip));
  if (skip.defined()) at::_foreach_sub_(m.steps, std::vector<Tensor>(m.steps.size(), skip));
}

void apply(const Muon& rule, Moved& m, double lr, double momentum, double weight_decay,
           const Tensor& skip) {
  if (skip.defined() && skip.item<float>() != 0) return;  // waits for the device
  for (std::size_t i = 0; i < m.parameters.size(); ++i) {
    Tensor &parameter = m.parameters[i], &average = m.first[i];
    const Tensor& gradient = m.gradients[i];
    Tensor update;
    if (rule.average == Muon::Average::kLerp) {
      average.lerp_(gradient, 1 - momentum);
      update = rule.nesterov ? gradient.lerp(average, momentum) : average;
    } else {
      average.mul_(momentum).add_(gradient);
      update = rule.nesterov ? gradient.add(average, momentum) : average;
    }
    const auto rows = static_cast<double>(parameter.size(0));
    const double columns = static_cast<double>(parameter.numel()) / rows;
    if (rule.fixed_norm) parameter.mul_(std::sqrt(rows) / parameter.norm());
    if (weight_decay != 0) parameter.mul_(1 - lr * weight_decay);
    const double scale = rule.scale_by_shape ? std::sqrt(std::max(1.0, rows / columns)) : 1;
    const Tensor direction = orthogonalise(update.reshape({parameter.size(0), -1}), rule.steps,
                                           rule.bf16);  // [R, C]
    parameter.add_(direction.view(parameter.sizes()), -lr * scale);
  }
}

}  // namespace

Tensor orthogonalise(const Tensor& matrix, std::int64_t steps, bool bf16) {
  constexpr double a = 3.4445, b = -4.7750, c = 2.0315;
  const bool tall = matrix.size(0) > matrix.size(1);
  Tensor x = bf16 ? matrix.to(at::kBFloat16) : matrix;
  if (tall) x = x.t();  // [S, L], S <= L: the products are S x S
  x = x / x.norm().clamp_min(1e-7);
  for (std::int64_t i = 0; i < steps; ++i) {
    const Tensor gram = at::mm(x, x.t());                     // [S, S]
    const Tensor update = at::addmm(gram, gram, gram, b, c);  // b A + c A A
    x = at::addmm(x, update, x, a);                           // a X + (b A + c A A) X
  }
  if (tall) x = x.t();
  return x.to(matrix.dtype());
}

Optimizer::Optimizer(std::vector<ParameterGroup> groups) : groups_(std::move(groups)) {
  std::set<std::string> names;
  for (const auto& group : groups_) {
    base::require(names.insert(group.name).second,
                  "two groups of parameters are called \"" + group.name + "\"");
    Slots slots;
    for (const Tensor& parameter : group.parameters) {
      slots.first.push_back(at::zeros_like(parameter.detach()));
      if (!std::holds_alternative<AdamW>(group.rule)) continue;
      slots.second.push_back(at::zeros_like(parameter.detach()));
      slots.steps.push_back(
          at::zeros({}, parameter.options().dtype(at::kFloat).requires_grad(false)));
    }
    slots_.push_back(std::move(slots));
  }
}

std::vector<Tensor> Optimizer::parameters() const {
  std::vector<Tensor> all;
  for (const auto& group : groups_) {
    all.insert(all.end(), group.parameters.begin(), group.parameters.end());
  }
  return all;
}

void Optimizer::zero_grad() {
  for (auto& group : groups_) {
    for (Tensor& parameter : group.parameters) parameter.mutable_grad().reset();
  }
}

void Optimizer::step(std::int64_t step, const Rates& rates, const Tensor& skip) {
  const at::NoGradGuard no_grad;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const ParameterGroup& group = groups_[g];
    double lr = rates.lr * group.lr_scale;
    if (group.until_step >= 0) {
      if (step >= group.until_step) continue;
      lr *= 1 - static_cast<double>(step) / static_cast<double>(group.until_step);
    }
    Moved moved;
    for (std::size_t i = 0; i < group.parameters.size(); ++i) {
      const Tensor& parameter = group.parameters[i];
      if (!parameter.grad().defined()) continue;
      moved.parameters.push_back(parameter);
      moved.gradients.push_back(parameter.grad());
      moved.first.push_back(slots_[g].first[i]);
      if (slots_[g].second.empty()) continue;
      moved.second.push_back(slots_[g].second[i]);
      moved.steps.push_back(slots_[g].steps[i]);
    }
    if (moved.parameters.empty()) continue;
    const double momentum = group.momentum.value_or(rates.momentum);
    std::visit(
        [&](const auto& rule) { apply(rule, moved, lr, momentum, group.weight_decay, skip); },
        group.rule);
  }
}

base::NamedTensors Optimizer::state() const {
  base::NamedTensors state;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const auto put = [&](const std::vector<Tensor>& tensors, const std::string& what) {
      for (std::size_t i = 0; i < tensors.size(); ++i) {
        state[groups_[g].name + "." + std::to_string(i) + "." + what] = tensors[i];
      }
    };
    put(slots_[g].first, "first");
    put(slots_[g].second, "second");
    put(slots_[g].steps, "steps");
  }
  return state;
}

void Optimizer::load(const base::NamedTensors& state) {
  base::NamedTensors mine = this->state();
  base::copy_tensors(state, mine, "the optimizer");
}

Tensor clip_grad_norm_(const std::vector<Tensor>& parameters, double max_norm) {
  const at::NoGradGuard no_grad;
  std::vector<Tensor> gradients;
  for (const Tensor& parameter : parameters) {
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  }
  if (gradients.empty()) return at::zeros({});
  const Tensor norm = at::stack(at::_foreach_norm(gradients)).norm();
  const Tensor scale = (max_norm / (norm + 1e-6)).clamp_max(1.0);
  at::_foreach_mul_(gradients, scale);
  return norm;
}

}  // namespace common::train
