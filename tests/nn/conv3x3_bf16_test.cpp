#include "common/nn/conv3x3_bf16.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/conv.h>

#include "common/base/processor.h"
#include "common/nn/conv3x3.h"
#include "common/train/precision.h"

namespace {
using common::nn::bf16_conv3x3;
using common::nn::gains_by_bf16_products;
using torch::Tensor;

double relative_error(const Tensor& a, const Tensor& b) {
  return ((a.to(at::kDouble) - b).abs().max() / b.abs().max()).item<double>();
}

// Small whole numbers are exact in bf16, and so are sums of few of them: all must be equal but for
// the last rounding to bf16. A wrong neighbour would be off by whole numbers.
void expect_rounded(at::IntArrayRef sizes, int64_t outputs,
                    at::MemoryFormat layout = at::MemoryFormat::ChannelsLast) {
  SCOPED_TRACE(c10::str(sizes, " to ", outputs, " channels, ", layout));
  const auto whole = [&](at::IntArrayRef of) {
    return at::randint(-2, 3, of, at::kFloat).contiguous(layout);
  };
  const Tensor x = whole(sizes).requires_grad_();
  const Tensor weight = whole({outputs, sizes[1], 3, 3}).requires_grad_();
  const Tensor dy = whole({sizes[0], outputs, sizes[2], sizes[3]});
  const Tensor y = bf16_conv3x3(x, weight);
  EXPECT_EQ(y.scalar_type(), at::kBFloat16);
  y.backward(dy.to(at::kBFloat16));

  const Tensor x64 = x.detach().to(at::kDouble).requires_grad_();
  const Tensor weight64 = weight.detach().to(at::kDouble).requires_grad_();
  const Tensor exact = at::conv2d(x64, weight64, {}, 1, 1);
  exact.backward(dy.to(at::kDouble));
  const auto rounded = [](const Tensor& of) { return of.to(at::kBFloat16).to(at::kFloat); };
  EXPECT_TRUE(at::equal(y.to(at::kFloat), rounded(exact)));
  EXPECT_TRUE(at::equal(x.grad(), rounded(x64.grad())));
  EXPECT_TRUE(at::equal(weight.grad(), rounded(weight64.grad())));
}

TEST(Bf16Conv3x3, IsTheConvolutionAndItsGradientsForEverySize) {
  at::manual_seed(0);
  expect_rounded({5, 16, 7, 7}, 32);
  expect_rounded({3, 8, 4, 9}, 24);  // rows and columns differ
  expect_rounded({1, 8, 1, 1}, 8);   // nothing but the middle of each filter meets a pixel
  expect_rounded({2, 3, 5, 2}, 5);   // odd numbers of channels
  expect_rounded({1, 4, 1, 6}, 4);
  expect_rounded({4, 16, 3, 3}, 16, at::MemoryFormat::Contiguous);
}

TEST(Bf16Conv3x3, IsAsExactAsLibTorchs) {
  at::manual_seed(0);
  const Tensor x = at::randn({32, 64, 7, 7}).contiguous(at::MemoryFormat::ChannelsLast);
  const Tensor dy =
      at::randn({32, 64, 7, 7}).to(at::kBFloat16).contiguous(at::MemoryFormat::ChannelsLast);
  const Tensor weight = at::randn({64, 64, 3, 3}) * 0.1;
  const auto gradient = [&](const auto& convolution, at::ScalarType type) {
    const Tensor leaf = weight.to(type).requires_grad_();
    convolution(x.to(type), leaf).backward(dy.to(type));
    return leaf.grad();
  };
  const auto libtorch = [](const Tensor& a, const Tensor& b) { return at::conv2d(a, b, {}, 1, 1); };
  const Tensor exact = gradient(libtorch, at::kDouble);
  const double ours = relative_error(gradient(bf16_conv3x3, at::kBFloat16), exact);
  const double theirs = relative_error(gradient(libtorch, at::kBFloat16), exact);
  EXPECT_GT(theirs, 0);
  EXPECT_LT(ours, 2 * theirs);
}

TEST(Bf16Conv3x3, GivesNoGradientThatNobodyAskedFor) {
  const Tensor x = at::randn({2, 8, 4, 4}), weight = at::randn({8, 8, 3, 3}).requires_grad_();
  bf16_conv3x3(x, weight).sum().backward();
  EXPECT_FALSE(x.grad().defined());
  ASSERT_TRUE(weight.grad().defined());
  EXPECT_EQ(weight.grad().scalar_type(), at::kFloat);
}

TEST(Bf16Conv3x3, IsTakenUnderAutocastForSmallMapsOnly) {
  const Tensor weight = at::zeros({256, 256, 3, 3}).requires_grad_();
  const Tensor small = at::zeros({1, 256, 8, 8}), large = at::zeros({1, 256, 9, 8});
  EXPECT_FALSE(gains_by_bf16_products(small, weight));
  const common::train::Autocast autocast(at::kCPU, at::kBFloat16);
  EXPECT_EQ(gains_by_bf16_products(small, weight), common::base::has_amx());
  EXPECT_FALSE(gains_by_bf16_products(large, weight));
  EXPECT_FALSE(gains_by_bf16_products(small.to(at::kDouble), weight));
  const torch::NoGradGuard no_grad;
  EXPECT_FALSE(gains_by_bf16_products(small, weight));
}

TEST(Bf16Conv3x3, ALayerUsesItWhereItGains) {
  if (!common::base::has_amx()) GTEST_SKIP() << "this processor has no AMX";
  torch::nn::Conv2d layer(torch::nn::Conv2dOptions(256, 256, 3).padding(1).bias(false));
  const common::train::Autocast autocast(at::kCPU, at::kBFloat16);
  const Tensor x = at::randn({2, 256, 4, 4}).contiguous(at::MemoryFormat::ChannelsLast);
  const auto node = [&] { return common::nn::convolve(layer, x).grad_fn()->name(); };
  EXPECT_NE(node().find("Bf16Conv3x3"), std::string::npos);
  const common::nn::DirectConvolutions direct;
  EXPECT_EQ(node().find("Bf16Conv3x3"), std::string::npos);
}

}  // namespace
