// By hand equals torch::nn, autograd and torch::optim: values, gradients, and weights after steps.
#include <gtest/gtest.h>

#include "week01_mlp_xor/by_hand_optimizer.h"
#include "week01_mlp_xor/config.h"
#include "week01_mlp_xor/torch_twin.h"

namespace {
using namespace week01;
using torch::Tensor;

double relative_difference(const Tensor& a, const Tensor& b) {
  return ((a - b).abs().max() / b.abs().max()).item<double>();
}

TEST(Twin, GradientsOfEveryActivationOutputAndLossAreEqual) {
  torch::manual_seed(1);
  const Tensor x = torch::randn({16, 3}, torch::kFloat64);
  const Tensor y = torch::softmax(torch::randn({16, 4}, torch::kFloat64) * 2, 1);
  for (size_t f = 0; f < activation_names().size(); ++f) {
    for (size_t o = 0; o < output_names().size(); ++o) {
      for (size_t l = 0; l < loss_names().size(); ++l) {
        const auto output = static_cast<Output>(o);
        const auto loss = static_cast<Loss>(l);
        if (!defined(output, loss)) continue;
        const Mlp mlp = make_mlp({3, 8, 8, 4}, static_cast<Activation>(f), output, Init::kHe, 2);
        const auto masks = dropout_masks(mlp, 16, 0.1, 0.3, 9);
        Parameters gradient = Parameters::zeros(mlp.sizes);
        const Tape tape = forward(mlp, x, masks);
        backward(mlp, tape, y, loss, /*l2=*/0, gradient);
        Twin twin(mlp);
        const Tensor value = twin_loss(output, loss, twin->forward(x, masks), y);
        value.backward();
        const std::string what =
            activation_names()[f] + " " + output_names()[o] + " " + loss_names()[l];
        EXPECT_NEAR(loss_value(output, loss, tape.z.back(), y).item<double>(), value.item<double>(),
                    1e-12)
            << what;
        EXPECT_LT(relative_difference(gradient.flat, flat_gradients(twin)), 1e-10) << what;
      }
    }
  }
}

class TwinOptimizer : public testing::TestWithParam<std::string> {};

TEST_P(TwinOptimizer, WeightsAreEqualAfterAHundredSteps) {
  torch::manual_seed(3);
  Config config;
  config.hidden = {8, 8};
  config.optimizer = GetParam();
  config.lr = 0.02;
  const double l2 = 0.01;
  Mlp mlp = make_mlp(config, 2, 2, /*seed=*/4);
  Optimizer optimizer = make_optimizer(config);
  Twin twin(mlp);
  const auto twins = twin_optimizer(twin, optimizer, config.lr, l2);
  Parameters gradient = Parameters::zeros(mlp.sizes);
  for (int step = 0; step < 100; ++step) {
    const Tensor x = torch::randn({10, 2}, torch::kFloat64);
    const Tensor y = (x.prod(1, true) > 0).to(torch::kFloat64);
    backward(mlp, forward(mlp, x), y, Loss::kBinaryCrossEntropy, l2, gradient);
    optimizer.step(mlp.parameters.flat, gradient.flat, config.lr);
    twins->zero_grad();
    twin_loss(mlp.output, Loss::kBinaryCrossEntropy, twin->forward(x, {}), y).backward();
    twins->step();
  }
  EXPECT_LT(relative_difference(mlp.parameters.flat, flat_parameters(twin)), 1e-10);
}

INSTANTIATE_TEST_SUITE_P(ByHand, TwinOptimizer, testing::ValuesIn(rule_names()),
                         [](const auto& param) { return param.param; });

}  // namespace
