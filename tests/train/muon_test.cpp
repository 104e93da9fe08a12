// Muon: equal to its formula, near to PyTorch's, and its parts one by one.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "tests/train/least_squares.h"

namespace {
using namespace tests;

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

}  // namespace
