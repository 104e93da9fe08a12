#include "common/train/average.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "common/base/error.h"

namespace common::train {
using at::Tensor;
namespace {

base::NamedTensors copies(const base::NamedTensors& tensors) {
  base::NamedTensors result;
  for (const auto& [name, tensor] : tensors) result[name] = tensor.detach().clone();
  return result;
}

// a = decay a + (1 - decay) p for each pair; whole numbers are copied.
void blend(base::NamedTensors& averages, const base::NamedTensors& values, double decay) {
  std::vector<Tensor> a, p;
  for (auto& [name, average] : averages) {
    const Tensor& value = values.at(name);
    if (average.is_floating_point()) {
      a.push_back(average);
      p.push_back(value.detach());
    } else {
      average.copy_(value);
    }
  }
  if (!a.empty()) at::_foreach_lerp_(a, p, 1 - decay);
}

}  // namespace

Ema::Ema(base::NamedTensors tensors, double decay) : model_(std::move(tensors)), decay_(decay) {
  base::require(decay >= 0 && decay < 1, "the decay of an average must be from 0 to below 1");
  average_ = copies(model_);
}

void Ema::update(std::int64_t step) {
  if (!on()) return;
  const at::NoGradGuard no_grad;
  const auto t = static_cast<double>(step);
  blend(average_, model_, std::min(decay_, (1 + t) / (10 + t)));
}

void Ema::swap() {
  const at::NoGradGuard no_grad;
  for (auto& [name, average] : average_) {
    const Tensor value = model_.at(name).detach().clone();
    model_.at(name).copy_(average);
    average.copy_(value);
  }
}

void Ema::load(const base::NamedTensors& state) {
  base::copy_tensors(state, average_, "the moving average");
}

Lookahead::Lookahead(base::NamedTensors tensors, std::int64_t every)
    : model_(std::move(tensors)), every_(every) {
  base::require(every >= 1, "lookahead needs at least one step between its updates");
  slow_ = copies(model_);
}

void Lookahead::update(std::int64_t step, double decay) {
  if (!on() || (step + 1) % every_ != 0) return;
  const at::NoGradGuard no_grad;
  blend(slow_, model_, decay);
  finish();
}

void Lookahead::finish() {
  const at::NoGradGuard no_grad;
  for (auto& [name, slow] : slow_) model_.at(name).copy_(slow);
}

void Lookahead::load(const base::NamedTensors& state) {
  base::copy_tensors(state, slow_, "lookahead");
}

}  // namespace common::train
