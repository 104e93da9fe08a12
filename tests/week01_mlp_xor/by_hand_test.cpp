// Gradients by hand against central differences; the parts against what they promise.
#include "week01_mlp_xor/by_hand.h"

#include <gtest/gtest.h>

#include <cmath>

#include "common/base/error.h"
#include "week01_mlp_xor/by_hand_optimizer.h"

namespace {
using namespace week01;
using torch::Tensor;

struct Case {
  Activation activation;
  Output output;
  Loss loss;
};

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (size_t f = 0; f < activation_names().size(); ++f) {
    for (size_t o = 0; o < output_names().size(); ++o) {
      for (size_t l = 0; l < loss_names().size(); ++l) {
        const Case c{static_cast<Activation>(f), static_cast<Output>(o), static_cast<Loss>(l)};
        if (defined(c.output, c.loss)) cases.push_back(c);
      }
    }
  }
  return cases;
}

std::string name_of(const testing::TestParamInfo<Case>& info) {
  std::string name = activation_names()[static_cast<size_t>(info.param.activation)] + "_" +
                     output_names()[static_cast<size_t>(info.param.output)] + "_" +
                     loss_names()[static_cast<size_t>(info.param.loss)];
  std::erase(name, '-');
  return name;
}

// Half the smallest distance of the network's state from a kink: of the piecewise activations at
// z = 0, of Huber where it turns straight. Differences across a kink are no derivative.
double distance_from_kinks(const Case& c, const Tape& tape, const Tensor& y) {
  double distance = 1e9;
  const bool kinked = c.activation == Activation::kRelu || c.activation == Activation::kLeakyRelu ||
                      c.activation == Activation::kElu;
  for (size_t l = 0; kinked && l + 1 < tape.z.size(); ++l) {
    distance = std::min(distance, tape.z[l].abs().min().item<double>());
  }
  if (c.loss == Loss::kHuber) {
    distance = std::min(distance, ((tape.p - y).abs() - kHuberTurn).abs().min().item<double>());
  }
  return distance / 2;
}

class GradientCheck : public testing::TestWithParam<Case> {};

// Two hidden layers, dropout and l2: every parameter's derivative against (L(+h) - L(-h)) / 2h.
TEST_P(GradientCheck, EqualsCentralDifferences) {
  const Case c = GetParam();
  constexpr double kStep = 1e-5, kL2 = 0.1;
  Mlp mlp = make_mlp({3, 5, 4, 2}, c.activation, c.output, Init::kXavier, /*seed=*/11);
  Tensor x, y;
  std::vector<Tensor> masks;
  // Draw until no unit is near a kink, where differences would straddle it.
  for (int draw = 0;; ++draw) {
    ASSERT_LT(draw, 200);
    torch::manual_seed(draw);
    mlp.parameters.flat.copy_(torch::randn_like(mlp.parameters.flat) * 0.7);
    x = torch::randn({6, 3}, torch::kFloat64);
    y = c.output == Output::kLinear ? torch::randn({6, 2}, torch::kFloat64) * 2
                                    : torch::softmax(torch::randn({6, 2}, torch::kFloat64), 1);
    masks = dropout_masks(mlp, 6, 0.2, 0.3, static_cast<uint64_t>(draw));
    if (distance_from_kinks(c, forward(mlp, x, masks), y) > 10 * kStep) break;
  }
  Parameters gradient = Parameters::zeros(mlp.sizes);
  backward(mlp, forward(mlp, x, masks), y, c.loss, kL2, gradient);

  auto* const theta = mlp.parameters.flat.data_ptr<double>();
  const auto loss_at = [&] {
    return total_loss(mlp, forward(mlp, x, masks), y, c.loss, kL2).item<double>();
  };
  for (int64_t i = 0; i < mlp.parameters.flat.numel(); ++i) {
    const double kept = theta[i];
    theta[i] = kept + kStep;
    const double above = loss_at();
    theta[i] = kept - kStep;
    const double below = loss_at();
    theta[i] = kept;
    const double expected = (above - below) / (2 * kStep);
    // Rounding of the differences is about 1e-16 / 1e-5, their curvature term about 1e-10.
    EXPECT_NEAR(gradient.flat[i].item<double>(), expected, 1e-8) << "parameter " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(ByHand, GradientCheck, testing::ValuesIn(all_cases()), name_of);

TEST(ByHand, EveryActivationAndDefinedPairIsChecked) { EXPECT_EQ(all_cases().size(), 6u * 8u); }

TEST(ByHand, LossesAreFiniteWhereProbabilitiesRoundToZero) {
  const Tensor z = torch::tensor({{-1000.0, 1000.0}, {1000.0, -1000.0}}, torch::kFloat64);
  const Tensor y = torch::tensor({{1.0, 0.0}, {1.0, 0.0}}, torch::kFloat64);
  // Row 1 is wrong by 2000 nats, row 2 is right.
  EXPECT_NEAR(loss_value(Output::kSoftmax, Loss::kCategoricalCrossEntropy, z, y).item<double>(),
              1000, 1e-9);
  EXPECT_NEAR(loss_value(Output::kSigmoid, Loss::kBinaryCrossEntropy, z, y).item<double>(), 500,
              1e-9);
  EXPECT_TRUE(answer(Output::kSoftmax, z).isfinite().all().item<bool>());
}

TEST(ByHand, InitialisationsHaveTheirSpread) {
  const std::vector<int64_t> sizes = {300, 200, 100};
  const auto weights = [&](Init init) {
    return make_mlp(sizes, Activation::kRelu, Output::kSoftmax, init, 5).parameters.layers[0].w;
  };
  const Tensor xavier = weights(Init::kXavier);
  EXPECT_LE(xavier.abs().max().item<double>(), std::sqrt(6.0 / 500));
  EXPECT_NEAR(xavier.std().item<double>(), std::sqrt(2.0 / 500), 0.01 * std::sqrt(2.0 / 500));
  EXPECT_NEAR(weights(Init::kHe).std().item<double>(), std::sqrt(2.0 / 300),
              0.01 * std::sqrt(2.0 / 300));
  EXPECT_NEAR(weights(Init::kSmallNormal).std().item<double>(), 0.01, 1e-4);
  const Mlp mlp = make_mlp(sizes, Activation::kRelu, Output::kSoftmax, Init::kHe, 5);
  EXPECT_EQ(mlp.parameters.layers[1].b.abs().sum().item<double>(), 0);
  EXPECT_FALSE(mlp.parameters.flat.equal(
      make_mlp(sizes, Activation::kRelu, Output::kSoftmax, Init::kHe, 6).parameters.flat));
}

TEST(ByHand, DropoutKeepsTheMeanAndFollowsFromItsSeed) {
  const Mlp mlp = make_mlp({50, 400, 2}, Activation::kRelu, Output::kSoftmax, Init::kHe, 5);
  const auto masks = dropout_masks(mlp, 200, 0.1, 0.5, 3);
  EXPECT_NEAR(masks[0].mean().item<double>(), 1, 0.02);
  EXPECT_NEAR(masks[1].mean().item<double>(), 1, 0.02);
  EXPECT_NEAR((masks[1] == 0).to(torch::kFloat64).mean().item<double>(), 0.5, 0.01);
  EXPECT_TRUE(masks[1].equal(dropout_masks(mlp, 200, 0.1, 0.5, 3)[1]));
  EXPECT_FALSE(masks[1].equal(dropout_masks(mlp, 200, 0.1, 0.5, 4)[1]));
  EXPECT_TRUE(dropout_masks(mlp, 200, 0, 0, 3).empty());
}

TEST(ByHand, ClassesAreTheLargestOrOverOneHalf) {
  EXPECT_TRUE(classes_of(torch::tensor({{0.4}, {0.6}}, torch::kFloat64))
                  .equal(torch::tensor({0, 1}, torch::kInt64)));
  EXPECT_TRUE(classes_of(torch::tensor({{0.4, 0.5, 0.1}, {0.1, 0.2, 0.7}}, torch::kFloat64))
                  .equal(torch::tensor({1, 2}, torch::kInt64)));
}

}  // namespace
