// Counted FLOP equal the formulas; each operation is counted once.
#include "common/train/flops.h"

#include <gtest/gtest.h>
#include <torch/nn/functional/conv.h>
#include <torch/nn/functional/linear.h>

#include <cstdint>
#include <stdexcept>
#include <vector>

#include "common/nn/resnet.h"
#include "common/train/precision.h"

namespace {
using namespace common::train;
using torch::Tensor;
namespace F = torch::nn::functional;

TEST(CountFlops, AConvolutionIsCountedOnceByItsFormula) {
  const Tensor x = torch::ones({2, 6, 9, 8}), weight = torch::ones({10, 3, 3, 3});
  const auto options = F::Conv2dFuncOptions().stride(2).padding(1).groups(2).bias(torch::ones(10));
  const auto found = count_flops([&] { F::conv2d(x, weight, options); });
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].name, "aten::conv2d");
  EXPECT_EQ(found[0].output, (std::vector<std::int64_t>{2, 10, 5, 4}));
  // 2 per multiply-add; each output takes 3 of 6 channels (two groups) times 3 x 3.
  EXPECT_EQ(found[0].flops, 2.0 * (2 * 10 * 5 * 4) * (3 * 3 * 3));
}

TEST(CountFlops, ALinearLayerIsCountedOnceByItsFormula) {
  const Tensor weight = torch::ones({7, 5}), bias = torch::ones(7);
  for (const Tensor& x : {torch::ones({6, 5}), torch::ones({2, 3, 5})}) {
    for (const bool with_bias : {false, true}) {
      const auto found = count_flops([&] { F::linear(x, weight, with_bias ? bias : Tensor()); });
      ASSERT_EQ(found.size(), 1u) << x.dim() << with_bias;
      EXPECT_EQ(found[0].flops, 2.0 * 6 * 5 * 7) << x.dim() << with_bias;
    }
  }
}

TEST(CountFlops, ProductsOfABatchAreCounted) {
  const Tensor a = torch::ones({4, 2, 3}), b = torch::ones({4, 3, 5});
  EXPECT_EQ(total_flops(count_flops([&] { torch::bmm(a, b); })), 2.0 * 4 * 2 * 3 * 5);
  EXPECT_EQ(total_flops(count_flops([&] { torch::matmul(a, b); })), 2.0 * 4 * 2 * 3 * 5);
}

TEST(CountFlops, SumsProductsByElementAndNormsAreLeftOut) {
  const Tensor x = torch::ones({3, 4});
  EXPECT_TRUE(count_flops([&] { (x + x * x).relu().softmax(1).norm(); }).empty());
}

// Autocast calls each operation a second time, from within, with what it has cast.
TEST(CountFlops, UnderAutocastEachIsStillCountedOnce) {
  const Tensor x = torch::ones({1, 2, 4, 4}), weight = torch::ones({3, 2, 1, 1});
  const Tensor a = torch::ones({5, 6}), b = torch::ones({6, 7});
  const auto found = count_flops([&] {
    const Autocast guard(torch::kCPU, torch::kBFloat16);
    F::conv2d(x, weight);
    a.mm(b);
  });
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(total_flops(found), 2.0 * (3 * 4 * 4 * 2 + 5 * 6 * 7));
}

TEST(CountFlops, OperationsAreInTheirOrderAndAddUp) {
  const Tensor x = torch::ones({2, 3});
  const auto found = count_flops([&] { x.mm(torch::ones({3, 4})).mm(torch::ones({4, 5})); });
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].output, (std::vector<std::int64_t>{2, 4}));
  EXPECT_EQ(found[1].output, (std::vector<std::int64_t>{2, 5}));
  EXPECT_EQ(total_flops(found), 2.0 * (2 * 3 * 4 + 2 * 4 * 5));
}

TEST(CountFlops, CountingEndsWithTheWorkEvenWhenItThrows) {
  const Tensor x = torch::ones({2, 2});
  EXPECT_THROW(count_flops([&] {
                 x.mm(x);
                 throw std::runtime_error("stop");
               }),
               std::runtime_error);
  x.mm(x);
  EXPECT_EQ(count_flops([&] { x.mm(x); }).size(), 1u);
}

double convolution(double inputs, double outputs, double kernel, double side) {
  return 2 * inputs * outputs * kernel * kernel * side * side;
}

TEST(CountFlops, ResNet18OnCifarIsTheSumOfItsLayers) {
  common::nn::ResNet net(common::nn::ResNetOptions::resnet18(/*classes=*/10, true));
  net->eval();
  const torch::NoGradGuard no_grad;
  const auto found = count_flops([&] { net->forward(torch::zeros({1, 3, 32, 32})); });
  double wanted = convolution(3, 64, 3, 32) + 4 * convolution(64, 64, 3, 32);
  double side = 16, channels = 128;
  for (int stage = 0; stage < 3; ++stage, side /= 2, channels *= 2) {
    wanted += convolution(channels / 2, channels, 3, side) +
              convolution(channels / 2, channels, 1, side) +
              3 * convolution(channels, channels, 3, side);
  }
  wanted += 2 * 512 * 10;
  EXPECT_EQ(found.size(), 21u);  // 17 convolutions of 3 x 3, 3 of 1 x 1, a linear layer
  EXPECT_EQ(total_flops(found), wanted);
  EXPECT_NEAR(wanted, 1.11e9, 0.005e9);
}

}  // namespace
