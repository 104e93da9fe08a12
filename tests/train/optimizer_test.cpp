// Optimizers equal PyTorch's over 50 steps, as recorded by tests/reference/record_optimizers.py.
#include "common/train/optimizer.h"

#include <gtest/gtest.h>
#include <torch/nn.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "tests/temporary_folder.h"

namespace {
using namespace common::train;
using common::base::Error;
using common::base::NamedTensors;
using tests::message_of;
using torch::Tensor;

const NamedTensors& recorded() {
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

GroupsOf all_by(Rule rule, double weight_decay) {
  return [=](const Problem& p) {
    return Groups{
        {.name = "all", .parameters = p.weights(), .rule = rule, .weight_decay = weight_decay}};
  };
}

// Matrices by Muon, the bias by AdamW at its own beta1.
GroupsOf muon_and_adam(Muon rule) {
  return [=](const Problem& p) {
    return Groups{
        {.name = "matrices", .parameters = {p.w1, p.w2}, .rule = rule, .weight_decay = 0.1},
        {.name = "bias",
         .parameters = {p.b},
         .rule = AdamW{.beta2 = 0.99, .eps = 1e-6},
         .weight_decay = 0.1}};
  };
}

void train(const Problem& problem, Optimizer& optimizer, const Schedule& schedule,
           std::int64_t from, std::int64_t to, const Tensor& skip = {}) {
  for (std::int64_t step = from; step < to; ++step) {
    optimizer.zero_grad();
    problem.backward();
    optimizer.step(step, schedule(step), skip);
  }
}

double largest_difference(const Tensor& a, const Tensor& b) {
  return (a.detach().to(torch::kDouble) - b.to(torch::kDouble)).abs().max().item<double>();
}

constexpr std::array<std::int64_t, 3> kSteps = {1, 10, 50};  // that were recorded

// Args: `tolerances` after steps 1, 10 and 50.
void expect_recorded(const std::string& name, const GroupsOf& groups, const Schedule& schedule,
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

Schedule half_hundred_one_cycle() { return one_cycle({.max_lr = 0.1, .total_steps = 50}); }

TEST(Sgd, EqualsPyTorchWithMomentum) {
  expect_recorded("sgd", all_by(Sgd{.nesterov = false}, 0), constant(0.05, 0.9));
}

TEST(Sgd, EqualsPyTorchWithNesterovAndWeightDecay) {
  expect_recorded("sgd_nesterov", all_by(Sgd{.nesterov = true}, 0.01), constant(0.05, 0.8));
}

TEST(Sgd, EqualsPyTorchWithoutMomentum) {
  for (const bool nesterov : {false, true}) {
    expect_recorded("sgd_plain", all_by(Sgd{nesterov}, 0.05), constant(0.1, 0));
  }
}

TEST(Sgd, EqualsPyTorchUnderOneCycle) {
  expect_recorded("sgd_one_cycle", all_by(Sgd{}, 0), half_hundred_one_cycle());
}

TEST(AdamW, EqualsPyTorchWithWeightDecay) {
  expect_recorded("adamw", all_by(AdamW{0.99, 1e-6}, 0.1), constant(0.02, 0.9));
}

TEST(AdamW, EqualsPyTorchUnderOneCycle) {
  expect_recorded("adamw_one_cycle", all_by(AdamW{0.99, 1e-6}, 0.1), half_hundred_one_cycle());
}

TEST(Groups, EachHasItsOwnRateAndWeightDecay) {
  const GroupsOf groups = [](const Problem& p) {
    return Groups{{.name = "matrices", .parameters = {p.w1, p.w2}, .weight_decay = 0.02},
                  {.name = "bias", .parameters = {p.b}, .lr_scale = 2}};
  };
  expect_recorded("sgd_groups", groups, constant(0.05, 0.9));
}

TEST(Groups, AMomentumOfItsOwnStandsInPlaceOfTheSchedules) {
  const GroupsOf groups = [](const Problem& p) {
    return Groups{{.name = "all",
                   .parameters = p.weights(),
                   .rule = Sgd{.nesterov = false},
                   .momentum = 0.9}};
  };
  expect_recorded("sgd", groups, constant(0.05, 0.1));
}

// 1e-9: one Newton-Schulz iteration makes a rounding error up to 3.4445 times larger, five of them
// 485 times, and each step begins from the last; float64's 1e-16 leaves room for 50.
TEST(Muon, EqualsItsFormulaInFloat64) {
  expect_recorded("muon_float64", muon_and_adam(Muon{}), constant(0.02, 0.9), {1e-12, 1e-11, 1e-9});
}

// torch.optim.Muon iterates in bf16, whose products round otherwise on another processor. The
// bounds are twice the distance of what was recorded from the formula in float64.
TEST(Muon, IsAsNearToPyTorchAsBf16Allows) {
  std::array<double, 3> bounds = {0, 0, 0};
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    double moved = 0;
    for (const char* weight : {"w1", "w2"}) {
      const std::string key = std::to_string(kSteps[i]) + "." + weight;
      const Tensor& exact = recorded().at("muon_float64." + key);
      const Tensor& rounded = recorded().at("muon_bf16." + key);
      bounds[i] = std::max(bounds[i], 2 * largest_difference(rounded, exact));
      moved =
          std::max(moved, largest_difference(exact, recorded().at(std::string("data.") + weight)));
    }
    ASSERT_LT(bounds[i], moved / 4);  // else nothing would be shown
  }
  expect_recorded("muon_bf16", muon_and_adam(Muon{.bf16 = true}), constant(0.02, 0.9), bounds,
                  torch::kFloat);
}

TEST(Muon, OrthogonalisingKeepsSingularVectorsAndBringsTheValuesNearOne) {
  torch::manual_seed(2);
  for (const auto& [rows, columns] : {std::pair{5, 9}, {9, 5}, {6, 6}}) {
    const Tensor matrix = torch::randn({rows, columns}, torch::kDouble);  // [R, C]
    const auto [u, s, vh] = torch::linalg_svd(matrix, /*full_matrices=*/false);
    const Tensor inner = u.t().mm(orthogonalise(matrix, 5)).mm(vh.t());  // [S, S], diagonal
    EXPECT_LT((inner - inner.diag().diag()).abs().max().item<double>(), 1e-10);
    // The polynomial's values stay between these once a singular value is above 0.05 of the norm.
    const Tensor kept = inner.diag().masked_select(s / matrix.norm() > 0.05);
    EXPECT_GT(kept.numel(), 3);
    EXPECT_GT(kept.min().item<double>(), 0.65);
    EXPECT_LT(kept.max().item<double>(), 1.25);
  }
}

TEST(Muon, OrthogonalisingInBf16RoundsToIt) {
  torch::manual_seed(3);
  const Tensor matrix = torch::randn({8, 4});
  const Tensor rounded = orthogonalise(matrix, 5, /*bf16=*/true);
  EXPECT_EQ(rounded.scalar_type(), torch::kFloat);
  EXPECT_TRUE(torch::equal(rounded, rounded.to(torch::kBFloat16).to(torch::kFloat)));
  EXPECT_FALSE(torch::equal(rounded, orthogonalise(matrix, 5)));
}

TEST(Muon, ZerosStayZeros) {
  for (const bool bf16 : {false, true}) {
    EXPECT_TRUE(torch::equal(orthogonalise(torch::zeros({3, 4}), 5, bf16), torch::zeros({3, 4})));
  }
}

// Two steps from `weight`, the second with -3 times the gradient; returns the weight after each.
std::array<Tensor, 2> two_steps(const Muon& rule, const Tensor& weight, const Tensor& gradient,
                                double momentum, double weight_decay = 0) {
  Tensor parameter = weight.clone().requires_grad_();
  Optimizer optimizer(
      {{.name = "w", .parameters = {parameter}, .rule = rule, .weight_decay = weight_decay}});
  std::array<Tensor, 2> result;
  for (std::size_t step = 0; step < 2; ++step) {
    parameter.mutable_grad() = gradient * static_cast<double>(step == 0 ? 1 : -3);
    optimizer.step(0, {.lr = 0.5, .momentum = momentum});
    result[step] = parameter.detach().clone();
  }
  return result;
}

// The orthogonal form forgets an update's length, so that a sum and an average point the same way
// while the momentum stays: here it changes.
TEST(Muon, AverageAndLookAheadAreTheirFormulas) {
  torch::manual_seed(4);
  const double m0 = 0.5, m1 = 0.8;
  const Tensor weight = torch::randn({4, 6}, torch::kDouble);
  const Tensor g0 = torch::randn({4, 6}, torch::kDouble);
  const Tensor g1 = torch::randn({4, 6}, torch::kDouble);
  const auto moved = [&](Muon::Average average, bool nesterov) {
    Tensor parameter = weight.clone().requires_grad_();
    Optimizer optimizer({{.name = "w",
                          .parameters = {parameter},
                          .rule = Muon{.average = average, .nesterov = nesterov}}});
    parameter.mutable_grad() = g0;
    optimizer.step(0, {.lr = 0.5, .momentum = m0});
    parameter.mutable_grad() = g1;
    optimizer.step(1, {.lr = 0.5, .momentum = m1});
    return parameter.detach();
  };
  const Tensor first = orthogonalise(g0, 5);
  const auto expect_second = [&](const Tensor& found, const Tensor& update) {
    const Tensor wanted = weight - 0.5 * (first + orthogonalise(update, 5));
    EXPECT_LT(largest_difference(found, wanted), 1e-9);
  };
  const Tensor sum = m1 * g0 + g1;
  const Tensor lerp = m1 * (1 - m0) * g0 + (1 - m1) * g1;
  using Average = Muon::Average;
  expect_second(moved(Average::kSum, false), sum);
  expect_second(moved(Average::kSum, true), g1 + m1 * sum);
  expect_second(moved(Average::kLerp, false), lerp);
  expect_second(moved(Average::kLerp, true), (1 - m1) * g1 + m1 * lerp);
}

TEST(Muon, AConvolutionMovesAsItsMatrixOfRows) {
  torch::manual_seed(5);
  const Tensor weight = torch::randn({20, 2, 2, 2}, torch::kDouble);
  const Tensor gradient = torch::randn({20, 2, 2, 2}, torch::kDouble);
  const Tensor rows = orthogonalise(gradient.reshape({20, 8}), 5);
  for (const auto layout : {torch::MemoryFormat::Contiguous, torch::MemoryFormat::ChannelsLast}) {
    for (const bool scale : {false, true}) {
      const Tensor moved = two_steps({.scale_by_shape = scale}, weight.contiguous(layout),
                                     gradient.contiguous(layout), /*momentum=*/0)[0];
      const double lr = scale ? 0.5 * std::sqrt(20.0 / 8) : 0.5;
      EXPECT_LT(largest_difference(moved, weight - lr * rows.view({20, 2, 2, 2})), 1e-10);
    }
  }
}

TEST(Muon, FixedNormScalesTheWeightBeforeItsUpdate) {
  torch::manual_seed(6);
  const Tensor weight = torch::randn({4, 9}, torch::kDouble) * 7;
  const Tensor gradient = torch::randn({4, 9}, torch::kDouble);
  const Tensor scaled = weight * (2 / weight.norm());  // sqrt(4 rows)
  const auto moved = two_steps({.fixed_norm = true}, weight, gradient, 0, /*weight_decay=*/0.1);
  const Tensor direction = orthogonalise(gradient, 5);
  EXPECT_LT(largest_difference(moved[0], scaled * (1 - 0.5 * 0.1) - 0.5 * direction), 1e-10);
  // The second step scales again, and its gradient points the other way.
  const Tensor again = moved[0] * (2 / moved[0].norm());
  EXPECT_LT(largest_difference(moved[1], again * (1 - 0.5 * 0.1) + 0.5 * direction), 1e-10);
}

TEST(ClipGradNorm, EqualsPyTorch) {
  for (const auto& [name, most] : {std::pair{"clip_binding.", 0.5}, {"clip_loose.", 1000.0}}) {
    const Problem problem;
    problem.backward();
    const Tensor norm = clip_grad_norm_(problem.weights(), most);
    const auto wanted = [&, name = std::string(name)](const char* what) {
      return recorded().at(name + what);
    };
    EXPECT_NEAR(norm.item<double>(), wanted("norm").item<double>(), 1e-10);
    EXPECT_LT(largest_difference(problem.w1.grad(), wanted("w1")), 1e-10) << name;
    EXPECT_LT(largest_difference(problem.w2.grad(), wanted("w2")), 1e-10) << name;
    EXPECT_LT(largest_difference(problem.b.grad(), wanted("b")), 1e-10) << name;
  }
}

TEST(ClipGradNorm, ParametersWithoutGradientsCountNothing) {
  const Problem problem;
  EXPECT_EQ(clip_grad_norm_(problem.weights(), 1).item<double>(), 0);
  problem.b.mutable_grad() = torch::full({6, 1}, 2.0, torch::kDouble);
  EXPECT_DOUBLE_EQ(clip_grad_norm_(problem.weights(), 100).item<double>(), std::sqrt(24.0));
  EXPECT_FALSE(problem.w1.grad().defined());
}

struct NamedRule {
  std::string name;
  Rule rule;
};

class EveryRule : public testing::TestWithParam<NamedRule> {
 protected:
  // Two groups, so that states may not be mixed up.
  Groups groups(const Problem& p) const {
    return {
        {.name = "first", .parameters = {p.w1}, .rule = GetParam().rule, .weight_decay = 0.01},
        {.name = "second", .parameters = {p.w2, p.b}, .rule = GetParam().rule, .lr_scale = 0.5}};
  }
};

TEST_P(EveryRule, ResumingEqualsNoInterruptionBitForBit) {
  const Schedule schedule = half_hundred_one_cycle();
  const Problem whole, before, after;
  Optimizer uninterrupted(groups(whole)), stopped(groups(before)), resumed(groups(after));
  train(whole, uninterrupted, schedule, 0, 50);
  train(before, stopped, schedule, 0, 25);
  const tests::TemporaryFolder folder;
  common::base::save_tensors(folder / "state", stopped.state());
  for (std::size_t i = 0; i < 3; ++i) after.weights()[i].detach().copy_(before.weights()[i]);
  resumed.load(common::base::load_tensors(folder / "state").tensors);
  train(after, resumed, schedule, 25, 50);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(torch::equal(after.weights()[i], whole.weights()[i])) << i;
    EXPECT_FALSE(torch::equal(after.weights()[i], before.weights()[i])) << i;
  }
}

TEST_P(EveryRule, ASkippedStepLeavesWeightsAndStateAsTheyAre) {
  const Problem problem, other;
  Optimizer optimizer(groups(problem)), unskipped(groups(other));
  const Schedule schedule = constant(0.05, 0.9);
  train(problem, optimizer, schedule, 0, 3);
  train(other, unskipped, schedule, 0, 3);
  train(problem, optimizer, schedule, 3, 5, /*skip=*/torch::ones({}));
  for (const auto& [name, tensor] : unskipped.state()) {
    EXPECT_TRUE(torch::equal(optimizer.state().at(name), tensor)) << name;
  }
  train(problem, optimizer, schedule, 3, 5, /*skip=*/torch::zeros({}));
  train(other, unskipped, schedule, 3, 5);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(torch::equal(problem.weights()[i], other.weights()[i])) << i;
  }
  for (const auto& [name, tensor] : unskipped.state()) {
    EXPECT_TRUE(torch::equal(optimizer.state().at(name), tensor)) << name;
  }
}

TEST_P(EveryRule, ParametersWithoutAGradientStay) {
  const Problem problem;
  Optimizer optimizer(groups(problem));
  problem.backward();
  problem.w2.mutable_grad().reset();
  const Tensor w2 = problem.w2.detach().clone(), b = problem.b.detach().clone();
  optimizer.step(0, {.lr = 0.1, .momentum = 0.9});
  EXPECT_TRUE(torch::equal(problem.w2, w2));
  EXPECT_TRUE(torch::equal(optimizer.state().at("second.0.first"), torch::zeros_like(w2)));
  EXPECT_FALSE(torch::equal(problem.b, b));
}

INSTANTIATE_TEST_SUITE_P(Optimizer, EveryRule,
                         testing::Values(NamedRule{"Sgd", Sgd{}}, NamedRule{"AdamW", AdamW{}},
                                         NamedRule{"Muon", Muon{.average = Muon::Average::kSum,
                                                                .fixed_norm = true}}),
                         [](const auto& param) { return param.param.name; });

TEST(Optimizer, AGroupsRateFallsInALineAndThenTheGroupStandsStill) {
  const Tensor first = torch::zeros(2, torch::kDouble).requires_grad_();
  const Tensor second = torch::zeros(2, torch::kDouble).requires_grad_();
  Optimizer optimizer({{.name = "ends",
                        .parameters = {first},
                        .rule = Sgd{.nesterov = false},
                        .momentum = 0,
                        .until_step = 4},
                       {.name = "goes on", .parameters = {second}, .momentum = 0}});
  const std::vector<double> wanted = {1, 1.75, 2.25, 2.5, 2.5, 2.5};  // 1 + 3/4 + 1/2 + 1/4
  for (std::size_t step = 0; step < wanted.size(); ++step) {
    for (const Tensor& parameter : optimizer.parameters()) {
      parameter.mutable_grad() = torch::full(2, -1.0, torch::kDouble);
    }
    optimizer.step(static_cast<std::int64_t>(step), {.lr = 1, .momentum = 0.9});
    EXPECT_DOUBLE_EQ(first[0].item<double>(), wanted[step]) << step;
    EXPECT_DOUBLE_EQ(second[0].item<double>(), static_cast<double>(step + 1)) << step;
  }
}

// Weight decay and the momentum's average would else go on at rate 0.
TEST(Optimizer, AGroupPastItsLastStepKeepsItsState) {
  for (const Rule& rule : std::vector<Rule>{Sgd{}, AdamW{}, Muon{.fixed_norm = true}}) {
    const Problem problem;
    Optimizer optimizer({{.name = "w",
                          .parameters = {problem.w1},
                          .rule = rule,
                          .weight_decay = 0.1,
                          .until_step = 3}});
    train(problem, optimizer, constant(0.1), 0, 3);
    NamedTensors state;
    for (const auto& [name, tensor] : optimizer.state()) state[name] = tensor.clone();
    const Tensor weight = problem.w1.detach().clone();
    train(problem, optimizer, constant(0.1), 3, 6);
    EXPECT_TRUE(torch::equal(problem.w1, weight));
    for (const auto& [name, tensor] : state) {
      EXPECT_TRUE(torch::equal(optimizer.state().at(name), tensor)) << name;
    }
  }
}

TEST(Optimizer, ZeroGradForgetsGradients) {
  const Problem problem;
  Optimizer optimizer(all_by(Sgd{}, 0)(problem));
  problem.backward();
  EXPECT_TRUE(problem.w1.grad().defined());
  optimizer.zero_grad();
  for (const Tensor& parameter : optimizer.parameters()) {
    EXPECT_FALSE(parameter.grad().defined());
  }
  EXPECT_EQ(optimizer.parameters().size(), 3u);
}

TEST(Optimizer, AStateThatDoesNotFitIsRefused) {
  const Problem problem;
  Optimizer optimizer(all_by(AdamW{}, 0)(problem));
  NamedTensors state = optimizer.state();
  ASSERT_EQ(state.size(), 9u);  // first, second and steps of three parameters
  NamedTensors missing = state, more = state, other = state;
  missing.erase("all.1.second");
  more["all.3.first"] = torch::zeros(1);
  other["all.0.first"] = torch::zeros({2, 2}, torch::kDouble);
  const auto told = [&](const NamedTensors& wrong) {
    return message_of<Error>([&] { optimizer.load(wrong); });
  };
  EXPECT_NE(told(missing).find("\"all.1.second\" is missing"), std::string::npos);
  EXPECT_NE(told(more).find("\"all.3.first\" is not known"), std::string::npos);
  EXPECT_NE(told(other).find("\"all.0.first\" has the shape"), std::string::npos);
}

TEST(Groups, OfOneNameAreRefused) {
  const at::Tensor a = at::zeros({2}), b = at::zeros({2});
  EXPECT_THROW(Optimizer({{"x", {a}}, {"x", {b}}}), common::base::Error);
}

}  // namespace
