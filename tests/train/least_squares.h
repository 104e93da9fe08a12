// A small problem that optimizers are tried on, and what PyTorch's made of it, as recorded by
// tests/reference/record_optimizers.py.
#pragma once

#include <gtest/gtest.h>
#include <torch/nn.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "common/base/named_tensors.h"
#include "common/train/optimizer.h"
#include "common/train/schedule.h"

namespace tests {
using namespace common::train;
using common::base::NamedTensors;
using torch::Tensor;

inline const NamedTensors& recorded() {
  static const NamedTensors tensors =
      common::base::load_tensors(COURSE_SOURCE_DIR "/tests/reference/optimizers.safetensors")
          .tensors;
  return tensors;
}

// Least squares, y = w2 w1 x + b: two matrices, so that gradients depend on the weights.
struct Problem {
  explicit Problem(torch::Dtype dtype = torch::kDouble)
      : x(recorded().at("data.x").to(dtype)),                          // [4, N]
        y(recorded().at("data.y").to(dtype)),                          // [6, N]
        w1(recorded().at("data.w1").to(dtype, false, /*copy=*/true)),  // [3, 4]
        w2(recorded().at("data.w2").to(dtype, false, /*copy=*/true)),  // [6, 3]
        b(recorded().at("data.b").to(dtype, false, /*copy=*/true)) {   // [6, 1]
    for (Tensor& weight : weights()) weight.requires_grad_();
  }
  std::vector<Tensor> weights() const { return {w1, w2, b}; }
  void backward() const {
    const Tensor error = w2.mm(w1).mm(x) + b - y;  // [6, N]
    (error.square().sum() / (2 * x.size(1))).backward();
  }
  Tensor x, y, w1, w2, b;
};

using Groups = std::vector<ParameterGroup>;
using GroupsOf = std::function<Groups(const Problem&)>;

inline GroupsOf all_by(Rule rule, double weight_decay) {
  return [=](const Problem& p) {
    return Groups{
        {.name = "all", .parameters = p.weights(), .rule = rule, .weight_decay = weight_decay}};
  };
}

// Matrices by Muon, the bias by AdamW at its own beta1.
inline GroupsOf muon_and_adam(Muon rule) {
  return [=](const Problem& p) {
    return Groups{
        {.name = "matrices", .parameters = {p.w1, p.w2}, .rule = rule, .weight_decay = 0.1},
        {.name = "bias",
         .parameters = {p.b},
         .rule = AdamW{.beta2 = 0.99, .eps = 1e-6},
         .weight_decay = 0.1}};
  };
}

inline void train(const Problem& problem, Optimizer& optimizer, const Schedule& schedule,
                  std::int64_t from, std::int64_t to, const Tensor& skip = {}) {
  for (std::int64_t step = from; step < to; ++step) {
    optimizer.zero_grad();
    problem.backward();
    optimizer.step(step, schedule(step), skip);
  }
}

inline double largest_difference(const Tensor& a, const Tensor& b) {
  return (a.detach().to(torch::kDouble) - b.to(torch::kDouble)).abs().max().item<double>();
}

inline constexpr std::array<std::int64_t, 3> kSteps = {1, 10, 50};  // that were recorded

// Args: `tolerances` after steps 1, 10 and 50.
inline void expect_recorded(const std::string& name, const GroupsOf& groups,
                            const Schedule& schedule,
                            std::array<double, 3> tolerances = {1e-10, 1e-10, 1e-10},
                            torch::Dtype dtype = torch::kDouble) {
  const Problem problem(dtype);
  Optimizer optimizer(groups(problem));
  std::int64_t done = 0;
  for (std::size_t i = 0; i < kSteps.size(); ++i) {
    train(problem, optimizer, schedule, done, kSteps[i]);
    done = kSteps[i];
    const std::string key = name + "." + std::to_string(done) + ".";
    EXPECT_LT(largest_difference(problem.w1, recorded().at(key + "w1")), tolerances[i]) << key;
    EXPECT_LT(largest_difference(problem.w2, recorded().at(key + "w2")), tolerances[i]) << key;
    EXPECT_LT(largest_difference(problem.b, recorded().at(key + "b")), tolerances[i]) << key;
  }
}

inline Schedule half_hundred_one_cycle() { return one_cycle({.max_lr = 0.1, .total_steps = 50}); }

}  // namespace tests
