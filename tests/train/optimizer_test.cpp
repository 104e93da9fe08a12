// Optimizers equal PyTorch's over 50 steps, as recorded by tests/reference/record_optimizers.py;
// groups, states, and gradients that are clipped.
#include "common/train/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <ostream>
#include <string>

#include "common/base/error.h"
#include "tests/temporary_folder.h"
#include "tests/train/least_squares.h"

namespace {
using namespace tests;
using common::base::Error;

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
void PrintTo(const NamedRule& rule, std::ostream* out) { *out << rule.name; }

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
