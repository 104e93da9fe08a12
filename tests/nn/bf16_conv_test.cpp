#include "common/nn/bf16_conv.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/conv.h>

#include "common/base/processor.h"
#include "common/nn/convolve.h"
#include "common/train/precision.h"

namespace {
using common::nn::bf16_conv;
using common::nn::gains_by_bf16_conv;
using torch::Tensor;

double relative_error(const Tensor& a, const Tensor& b) {
  return ((a.to(at::kDouble) - b).abs().max() / b.abs().max()).item<double>();
}

struct Layer {
  int64_t outputs, window, stride = 1, padding = 0;
};

// Small whole numbers are exact in bf16, and so are sums of few of them: all must be equal but for
// the last rounding to bf16. A wrong neighbour would be off by whole numbers.
void expect_rounded(at::IntArrayRef sizes, const Layer& layer,
                    at::MemoryFormat layout = at::MemoryFormat::ChannelsLast) {
  SCOPED_TRACE(c10::str(sizes, " to ", layer.outputs, " by ", layer.window, " every ", layer.stride,
                        " padded by ", layer.padding, ", ", layout));
  const auto whole = [&](at::IntArrayRef of) {
    return at::randint(-1, 2, of, at::kFloat).contiguous(layout);
  };
  const Tensor x = whole(sizes).requires_grad_();
  const Tensor weight =
      whole({layer.outputs, sizes[1], layer.window, layer.window}).requires_grad_();
  const Tensor y = bf16_conv(x, weight, layer.stride, layer.padding);
  EXPECT_EQ(y.scalar_type(), at::kBFloat16);
  const Tensor dy = whole(y.sizes());
  y.backward(dy.to(at::kBFloat16));

  const Tensor x64 = x.detach().to(at::kDouble).requires_grad_();
  const Tensor weight64 = weight.detach().to(at::kDouble).requires_grad_();
  const Tensor exact = at::conv2d(x64, weight64, {}, layer.stride, layer.padding);
  exact.backward(dy.to(at::kDouble));
  const auto rounded = [](const Tensor& of) { return of.to(at::kBFloat16).to(at::kFloat); };
  EXPECT_TRUE(at::equal(y.to(at::kFloat), rounded(exact)));
  EXPECT_TRUE(at::equal(x.grad(), rounded(x64.grad())));
  EXPECT_TRUE(at::equal(weight.grad(), rounded(weight64.grad())));
}

TEST(Bf16Conv, IsTheConvolutionAndItsGradientsForEverySize) {
  at::manual_seed(0);
  const Layer same{.outputs = 96, .window = 3, .padding = 1};
  // Products for all three: from 4,096 pairs of channels a place on.
  expect_rounded({5, 96, 1, 2}, same);
  expect_rounded({3, 256, 4, 3}, {.outputs = 200, .window = 3, .padding = 1});
  expect_rounded({2, 256, 4, 3}, {.outputs = 200, .window = 3, .padding = 1},
                 at::MemoryFormat::Contiguous);
  expect_rounded({3, 130, 5, 3}, {.outputs = 70, .window = 3, .stride = 2, .padding = 1});
  expect_rounded({3, 130, 3, 2}, {.outputs = 70, .window = 1, .stride = 2});
  expect_rounded({3, 100, 2, 3}, {.outputs = 250, .window = 1});
  expect_rounded({2, 90, 4, 5}, {.outputs = 90, .window = 5, .stride = 3, .padding = 2});
  expect_rounded({1, 128, 1, 1}, {.outputs = 128, .window = 3, .padding = 1});
  // For the gradient of the weight only.
  expect_rounded({4, 64, 2, 3}, {.outputs = 64, .window = 3, .padding = 1});
  expect_rounded({4, 80, 5, 7}, {.outputs = 90, .window = 3, .stride = 2, .padding = 1});
  // For none.
  expect_rounded({3, 8, 4, 9}, {.outputs = 24, .window = 3, .padding = 1});
  expect_rounded({2, 3, 5, 2}, {.outputs = 5, .window = 3, .padding = 1});
}

TEST(Bf16Conv, IsAsExactAsLibTorchs) {
  at::manual_seed(0);
  const Tensor x = at::randn({32, 128, 5, 5}).contiguous(at::MemoryFormat::ChannelsLast);
  const Tensor dy =
      at::randn({32, 128, 5, 5}).to(at::kBFloat16).contiguous(at::MemoryFormat::ChannelsLast);
  const Tensor weight = at::randn({128, 128, 3, 3}) * 0.1;
  const auto gradient = [&](const auto& convolution, at::ScalarType type) {
    const Tensor leaf = weight.to(type).requires_grad_();
    convolution(x.to(type), leaf).backward(dy.to(type));
    return leaf.grad();
  };
  const auto libtorch = [](const Tensor& a, const Tensor& b) { return at::conv2d(a, b, {}, 1, 1); };
  const Tensor exact = gradient(libtorch, at::kDouble);
  const auto products = [](const Tensor& a, const Tensor& b) { return bf16_conv(a, b, 1, 1); };
  const double ours = relative_error(gradient(products, at::kBFloat16), exact);
  const double theirs = relative_error(gradient(libtorch, at::kBFloat16), exact);
  EXPECT_GT(theirs, 0);
  EXPECT_LT(ours, 2 * theirs);
}

TEST(Bf16Conv, GivesNoGradientThatNobodyAskedFor) {
  const Tensor x = at::randn({2, 8, 4, 4}), weight = at::randn({8, 8, 3, 3}).requires_grad_();
  bf16_conv(x, weight, 1, 1).sum().backward();
  EXPECT_FALSE(x.grad().defined());
  ASSERT_TRUE(weight.grad().defined());
  EXPECT_EQ(weight.grad().scalar_type(), at::kFloat);
}

TEST(Bf16Conv, IsTakenUnderAutocastForSmallMapsOnly) {
  const Tensor weight = at::zeros({128, 256, 3, 3}).requires_grad_();
  const Tensor small = at::zeros({1, 256, 8, 8}), large = at::zeros({1, 256, 9, 8});
  const auto gains = [&](const Tensor& x) { return gains_by_bf16_conv(x, weight, 1, 1); };
  EXPECT_FALSE(gains(small));
  const common::train::Autocast autocast(at::kCPU, at::kBFloat16);
  EXPECT_EQ(gains(small), common::base::has_amx());
  EXPECT_FALSE(gains(large));
  EXPECT_EQ(gains_by_bf16_conv(large, weight, 2, 1), common::base::has_amx());
  EXPECT_FALSE(gains(small.to(at::kDouble)));
  const torch::NoGradGuard no_grad;
  EXPECT_FALSE(gains(small));
}

TEST(Bf16Conv, ALayerUsesItWhereItGains) {
  if (!common::base::has_amx()) GTEST_SKIP() << "this processor has no AMX";
  torch::nn::Conv2d layer(torch::nn::Conv2dOptions(256, 256, 3).padding(1).bias(false));
  const common::train::Autocast autocast(at::kCPU, at::kBFloat16);
  const Tensor x = at::randn({2, 256, 4, 4}).contiguous(at::MemoryFormat::ChannelsLast);
  const auto node = [&] { return common::nn::convolve(layer, x).grad_fn()->name(); };
  EXPECT_NE(node().find("Bf16Conv"), std::string::npos);
  const common::nn::DirectConvolutions direct;
  EXPECT_EQ(node().find("Bf16Conv"), std::string::npos);
}

}  // namespace
