#include "week04_resnet_cifar/pool_norm_gelu.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "common/base/processor.h"

namespace {
using torch::Tensor;
using week04::plain_pool_norm_gelu;
using week04::pool_norm_gelu;

constexpr auto kLast = at::MemoryFormat::ChannelsLast;

torch::nn::BatchNorm2d random_norm(int64_t channels) {
  torch::nn::BatchNorm2d norm(torch::nn::BatchNorm2dOptions(channels).eps(1e-5));
  const torch::NoGradGuard no_grad;
  norm->weight.set_requires_grad(false).uniform_(0.5, 2);
  norm->bias.normal_();
  return norm;
}

torch::nn::BatchNorm2d copy_of(const torch::nn::BatchNorm2d& norm, at::ScalarType type) {
  torch::nn::BatchNorm2d copy(norm->options);
  const torch::NoGradGuard no_grad;
  copy->weight.copy_(norm->weight).set_requires_grad(false);
  copy->bias.copy_(norm->bias);
  copy->to(type);
  return copy;
}

// All that comes out of one pass forward and backward.
struct Outcome {
  Tensor out, d_x, d_bias, mean, variance;
};

template <class F>
Outcome outcome(F f, const Tensor& x, torch::nn::BatchNorm2d norm, bool pool, const Tensor& d_out) {
  const Tensor leaf = x.detach().clone(kLast).set_requires_grad(true);
  const Tensor out = f(leaf, norm, pool);
  out.backward(d_out.to(out.scalar_type()));
  return {out.detach(), leaf.grad(), norm->bias.grad(), norm->running_mean, norm->running_var};
}

double distance(const Tensor& a, const Tensor& b) {
  return ((a.to(at::kDouble) - b.to(at::kDouble)).norm() / b.to(at::kDouble).norm()).item<double>();
}

// The fused way in `type` against the plain way in doubles, from equal numbers.
void expect_equal(at::IntArrayRef sizes, bool pool, at::ScalarType type, double tolerance) {
  SCOPED_TRACE(c10::str(sizes, pool ? " pooled " : " ", type));
  const Tensor x = (at::randn(sizes) * 2 + 1).to(type).contiguous(kLast);
  const int64_t divisor = pool ? 2 : 1;
  const Tensor d_out = at::randn({sizes[0], sizes[1], sizes[2] / divisor, sizes[3] / divisor});
  const auto norm = random_norm(sizes[1]);
  const Outcome fused = outcome(pool_norm_gelu, x, norm, pool, d_out);
  const Outcome plain = outcome(plain_pool_norm_gelu, x.to(at::kDouble), copy_of(norm, at::kDouble),
                                pool, d_out.to(at::kDouble));
  EXPECT_EQ(fused.out.scalar_type(), type);
  EXPECT_EQ(fused.out.sizes(), plain.out.sizes());
  EXPECT_LT(distance(fused.out, plain.out), tolerance);
  EXPECT_LT(distance(fused.d_x, plain.d_x), tolerance);
  EXPECT_LT(distance(fused.d_bias, plain.d_bias), tolerance);
  EXPECT_LT(distance(fused.mean, plain.mean), 1e-6);
  EXPECT_LT(distance(fused.variance, plain.variance), 1e-5);
}

class PoolNormGelu : public testing::Test {
 protected:
  void SetUp() override {
    if (!common::base::has_vectors()) GTEST_SKIP() << "this processor has no AVX2";
    torch::manual_seed(1);
  }
};

TEST_F(PoolNormGelu, EqualsThePlainOperations) {
  for (const bool pool : {false, true}) {
    expect_equal({3, 32, 8, 8}, pool, at::kFloat, 2e-6);
    expect_equal({5, 13, 7, 9}, pool, at::kFloat, 2e-6);  // odd everywhere
    expect_equal({2, 9, 4, 7}, pool, at::kFloat, 2e-6);
    expect_equal({40, 24, 31, 31}, pool, at::kFloat, 2e-6);
  }
}

TEST_F(PoolNormGelu, EqualsThePlainOperationsInBf16) {
  for (const bool pool : {false, true}) {
    expect_equal({4, 32, 9, 8}, pool, at::kBFloat16, 6e-3);  // a bf16 has 8 bits
  }
}

// One pass takes the variance as a difference of what is 900 times as large.
TEST_F(PoolNormGelu, AMeanOfThirtyDeviationsCostsLittle) {
  const Tensor x = at::randn({40, 24, 31, 31}) + 30, d_out = at::randn({40, 24, 15, 15});
  const auto norm = random_norm(24);
  const Outcome fused = outcome(pool_norm_gelu, x, copy_of(norm, at::kFloat), true, d_out);
  const Outcome plain = outcome(plain_pool_norm_gelu, x.to(at::kDouble), copy_of(norm, at::kDouble),
                                true, d_out.to(at::kDouble));
  EXPECT_LT(distance(fused.out, plain.out), 5e-4);
  EXPECT_LT(distance(fused.d_x, plain.d_x), 5e-4);
  EXPECT_LT(distance(fused.variance, plain.variance), 5e-4);
}

TEST_F(PoolNormGelu, FollowsFromTheNumberOfThreadsAlone) {
  const int before = at::get_num_threads();
  const Tensor x = at::randn({7, 16, 10, 10}), d_out = at::randn({7, 16, 5, 5});
  const auto norm = random_norm(16);
  std::vector<Outcome> of_threads;
  for (const int threads : {1, 3, 3}) {
    at::set_num_threads(threads);
    of_threads.push_back(outcome(pool_norm_gelu, x, copy_of(norm, at::kFloat), true, d_out));
  }
  at::set_num_threads(before);
  EXPECT_TRUE(of_threads[1].d_x.equal(of_threads[2].d_x));
  EXPECT_TRUE(of_threads[1].d_bias.equal(of_threads[2].d_bias));
  EXPECT_LT(distance(of_threads[0].d_x, of_threads[1].d_x), 1e-6);
}

TEST_F(PoolNormGelu, AmongEqualsTheFirstGetsTheGradient) {
  const Tensor x = at::randint(0, 3, {4, 8, 6, 6}).to(at::kFloat);
  const Tensor d_out = at::randn({4, 8, 3, 3});
  const auto norm = random_norm(8);
  const Outcome fused = outcome(pool_norm_gelu, x, copy_of(norm, at::kFloat), true, d_out);
  const Outcome plain = outcome(plain_pool_norm_gelu, x, copy_of(norm, at::kFloat), true, d_out);
  EXPECT_TRUE(fused.d_x.eq(0).equal(plain.d_x.eq(0)));
  EXPECT_LT(distance(fused.d_x, plain.d_x), 2e-6);
}

TEST_F(PoolNormGelu, IsExactFarFromZero) {
  // Channels that the norm's bias pushes to where GELU is 0 or the identity.
  const Tensor x = at::randn({2, 4, 4, 4}), d_out = at::ones({2, 4, 4, 4});
  auto norm = random_norm(4);
  norm->bias.set_data(at::tensor({-200.0F, -20.0F, 20.0F, 200.0F}));
  const Outcome fused = outcome(pool_norm_gelu, x, copy_of(norm, at::kFloat), false, d_out);
  const Outcome plain = outcome(plain_pool_norm_gelu, x, copy_of(norm, at::kFloat), false, d_out);
  EXPECT_TRUE(fused.out.isfinite().all().item<bool>());
  EXPECT_TRUE(at::allclose(fused.out, plain.out, 1e-6, 1e-6));
  EXPECT_TRUE(at::allclose(fused.d_x, plain.d_x, 1e-5, 1e-5));
}

TEST_F(PoolNormGelu, NotANumberStays) {
  for (const int64_t place : {0, 1}) {
    Tensor x = at::randn({2, 2, 2, 2});
    x[0][0][place][place] = std::numeric_limits<float>::quiet_NaN();
    auto norm = random_norm(2);
    const Tensor out = pool_norm_gelu(x.contiguous(kLast), norm, true);
    EXPECT_TRUE(out.select(1, 0).isnan().all().item<bool>());
    EXPECT_FALSE(out.select(1, 1).isnan().any().item<bool>());
  }
}

TEST_F(PoolNormGelu, EvaluationUsesTheRunningNumbers) {
  const Tensor x = at::randn({3, 8, 4, 4}).contiguous(kLast);
  auto norm = random_norm(8);
  norm->eval();
  const Tensor mean = norm->running_mean.clone();
  EXPECT_TRUE(pool_norm_gelu(x, norm, true).equal(plain_pool_norm_gelu(x, norm, true)));
  EXPECT_TRUE(norm->running_mean.equal(mean));
}

}  // namespace
