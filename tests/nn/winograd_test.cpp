#include "common/nn/winograd.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "common/nn/convolve.h"

namespace {
using common::nn::convolve;
using common::nn::fits_winograd;
using common::nn::gains_by_winograd;
using common::nn::winograd_conv3x3;
using torch::Tensor;

constexpr auto kLast = at::MemoryFormat::ChannelsLast;

// All that comes out of one pass forward and backward.
struct Outcome {
  Tensor y, dx, d_weight;
};

template <class F>
Outcome outcome(F f, const Tensor& x, const Tensor& weight, const Tensor& dy) {
  const Tensor x_leaf = x.detach().clone().set_requires_grad(true);
  const Tensor weight_leaf = weight.detach().clone().set_requires_grad(true);
  const Tensor y = f(x_leaf, weight_leaf);
  y.backward(dy);
  return {y.detach(), x_leaf.grad(), weight_leaf.grad()};
}

double error(const Tensor& a, const Tensor& b) {
  return ((a.to(at::kDouble) - b).abs().max() / b.abs().max()).item<double>();
}

// Winograd's numbers against LibTorch's in doubles. Gradients come in the layout of dy.
void expect_equal(at::IntArrayRef sizes, int64_t outputs, at::MemoryFormat layout = kLast) {
  SCOPED_TRACE(c10::str(sizes, " to ", outputs, " channels, ", layout));
  const Tensor x = at::randn(sizes).contiguous(layout);
  const Tensor weight = (at::randn({outputs, sizes[1], 3, 3}) * 0.1).contiguous(layout);
  const Tensor dy = at::randn({sizes[0], outputs, sizes[2], sizes[3]}).contiguous(layout);
  ASSERT_TRUE(fits_winograd(x, weight));
  const Outcome ours = outcome(winograd_conv3x3, x, weight, dy);
  const Outcome exact =
      outcome([](const Tensor& a, const Tensor& b) { return at::conv2d(a, b, {}, 1, 1); },
              x.to(at::kDouble), weight.to(at::kDouble), dy.to(at::kDouble));
  EXPECT_TRUE(ours.y.is_contiguous(kLast));
  EXPECT_LT(error(ours.y, exact.y), 5e-5);
  EXPECT_LT(error(ours.dx, exact.dx), 5e-5);
  EXPECT_LT(error(ours.d_weight, exact.d_weight), 5e-5);
}

class Winograd : public testing::Test {
 protected:
  void SetUp() override {
    at::manual_seed(0);
    if (!fits_winograd(at::zeros({1, 8, 1, 1}), at::zeros({8, 8, 3, 3}))) {
      GTEST_SKIP() << "this processor has no AVX2";
    }
  }
};

TEST_F(Winograd, IsLibTorchsConvolutionForEverySize) {
  expect_equal({2, 64, 32, 32}, 64);
  expect_equal({3, 8, 31, 31}, 24);    // tiles that reach over the edge, channels of two widths
  expect_equal({5, 16, 7, 5}, 8);      // rows and columns differ
  expect_equal({150, 64, 3, 3}, 128);  // one tile an image, several blocks
  expect_equal({1, 8, 1, 1}, 8);
  expect_equal({1, 8, 4, 9}, 8);
  expect_equal({70, 32, 4, 4}, 32);
}

TEST_F(Winograd, TakesEveryLayout) {
  expect_equal({4, 64, 9, 9}, 64, at::MemoryFormat::Contiguous);
  const Tensor x = at::randn({4, 9, 9, 128}).permute({0, 3, 1, 2}).slice(1, 0, 64);
  const Tensor weight = at::randn({64, 64, 3, 3});
  EXPECT_LT(error(winograd_conv3x3(x, weight),
                  at::conv2d(x.to(at::kDouble), weight.to(at::kDouble), {}, 1, 1)),
            5e-5);
}

TEST_F(Winograd, OfIntegersIsAlmostExact) {  // a wrong transform would be off by whole numbers
  const Tensor x = at::randint(-3, 4, {2, 16, 11, 6}).to(at::kFloat);
  const Tensor weight = at::randint(-3, 4, {8, 16, 3, 3}).to(at::kFloat);
  const Tensor y = winograd_conv3x3(x, weight);
  EXPECT_TRUE(at::equal(y.round(), at::conv2d(x, weight, {}, 1, 1)));
  EXPECT_LT((y - y.round()).abs().max().item<double>(), 1e-3);
}

TEST_F(Winograd, IsTheSameEveryTime) {
  const Tensor x = at::randn({9, 64, 15, 15}).contiguous(kLast), weight = at::randn({64, 64, 3, 3});
  const Tensor dy = at::randn({9, 64, 15, 15}).contiguous(kLast);
  const Outcome first = outcome(winograd_conv3x3, x, weight, dy);
  for (int i = 0; i < 3; ++i) {
    const Outcome again = outcome(winograd_conv3x3, x, weight, dy);
    EXPECT_TRUE(at::equal(again.y, first.y));
    EXPECT_TRUE(at::equal(again.dx, first.dx));
    EXPECT_TRUE(at::equal(again.d_weight, first.d_weight));
  }
}

TEST_F(Winograd, OurLoopsSplitOverTheCores) {
  const int before = at::get_num_threads();
  at::set_num_threads(2);
  std::array<std::thread::id, 2> threads;
  at::parallel_for(0, 2, 1, [&](int64_t begin, int64_t) {
    threads.at(static_cast<size_t>(begin)) = std::this_thread::get_id();
  });
  EXPECT_NE(threads[0], threads[1]) << "not compiled for OpenMP?";
  const Tensor x = at::randn({2, 8, 32, 32}).contiguous(kLast);
  const Tensor weight = at::randn({8, 8, 3, 3}).contiguous(kLast);
  const Tensor wanted = winograd_conv3x3(x, weight);
  {
    const c10::InferenceMode inference;
    EXPECT_TRUE(winograd_conv3x3(x, weight).equal(wanted));
  }
  at::set_num_threads(before);
}

TEST_F(Winograd, GivesNoGradientThatNobodyAskedFor) {
  const Tensor x = at::randn({2, 64, 8, 8}), weight = at::randn({64, 64, 3, 3}).requires_grad_();
  winograd_conv3x3(x, weight).sum().backward();
  EXPECT_FALSE(x.grad().defined());
  EXPECT_TRUE(weight.grad().defined());
}

TEST_F(Winograd, FitsFloatsOnTheProcessor) {
  const Tensor x = at::zeros({2, 64, 8, 8}), weight = at::zeros({64, 64, 3, 3});
  EXPECT_TRUE(fits_winograd(x, weight));
  EXPECT_FALSE(fits_winograd(x.to(at::kDouble), weight.to(at::kDouble)));
  EXPECT_FALSE(fits_winograd(x.to(at::kBFloat16), weight));
  EXPECT_FALSE(fits_winograd(at::zeros({2, 3, 8, 8}), at::zeros({64, 3, 3, 3})));
  EXPECT_FALSE(fits_winograd(at::zeros({0, 64, 8, 8}), weight));
  at::autocast::set_autocast_enabled(at::kCPU, true);
  EXPECT_FALSE(fits_winograd(x, weight));
  at::autocast::set_autocast_enabled(at::kCPU, false);
  EXPECT_THROW(winograd_conv3x3(x.to(at::kDouble), weight), std::logic_error);
}

// What convolve() answers, and whether it went by Winograd: the node that made it is named.
bool by_winograd(torch::nn::Conv2d layer, const Tensor& x) {
  const Tensor y = convolve(layer, x);
  EXPECT_LT(error(y, layer(x).to(at::kDouble)), 5e-5);
  return y.grad_fn()->name().find("Winograd") != std::string::npos;
}

TEST_F(Winograd, LayersGoByWinogradWhereItGains) {
  const auto layer = [](int64_t kernel, int64_t stride, int64_t padding, int64_t channels) {
    return torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, channels, kernel)
                                 .stride(stride)
                                 .padding(padding)
                                 .bias(false));
  };
  const Tensor x = at::randn({8, 64, 16, 16});
  EXPECT_TRUE(by_winograd(layer(3, 1, 1, 64), x));
  EXPECT_FALSE(by_winograd(layer(3, 2, 1, 64), x));
  EXPECT_FALSE(by_winograd(layer(3, 1, 0, 64), x));
  EXPECT_FALSE(by_winograd(layer(1, 1, 0, 64), x));
  EXPECT_FALSE(by_winograd(layer(3, 1, 1, 64), x.slice(0, 0, 2)));   // too few tiles
  EXPECT_FALSE(by_winograd(layer(3, 1, 1, 32), x.slice(1, 0, 32)));  // too few channels
  EXPECT_FALSE(by_winograd(torch::nn::Conv2d(torch::nn::Conv2dOptions(64, 64, 3).padding(1)), x));
  EXPECT_FALSE(by_winograd(
      torch::nn::Conv2d(
          torch::nn::Conv2dOptions(64, 64, 3).padding(1).padding_mode(torch::kReflect).bias(false)),
      x));
  EXPECT_TRUE(gains_by_winograd(x, at::zeros({64, 64, 3, 3})));
  {
    const common::nn::DirectConvolutions direct;
    EXPECT_FALSE(by_winograd(layer(3, 1, 1, 64), x));
  }
  EXPECT_TRUE(by_winograd(layer(3, 1, 1, 64), x));
}

}  // namespace
