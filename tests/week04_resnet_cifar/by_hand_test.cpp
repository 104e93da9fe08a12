// By hand equals LibTorch: values and gradients, fp64, 1e-10.
#include "week04_resnet_cifar/by_hand.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace {
using namespace week04;
using at::Tensor;

double difference(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.sizes(), b.sizes());
  return (a - b).abs().max().item<double>() / b.abs().max().item<double>();
}

Tensor draw(at::IntArrayRef sizes) { return at::randn(sizes, at::kDouble); }

struct ConvCase {
  int64_t C, O, H, W;
  ConvShape shape;
};

TEST(ByHand, ConvolutionEqualsTorch) {
  at::manual_seed(0);
  const std::vector<ConvCase> cases = {{3, 8, 9, 11, {3, 1, 1}},
                                       {4, 5, 8, 8, {3, 2, 1}},
                                       {3, 6, 7, 7, {2, 1, 0}},
                                       {2, 3, 10, 6, {1, 2, 0}},
                                       {2, 3, 9, 9, {5, 3, 2}}};
  for (const auto& c : cases) {
    const Tensor x = draw({2, c.C, c.H, c.W}).requires_grad_();
    const Tensor weight = draw({c.O, c.C, c.shape.kernel, c.shape.kernel}).requires_grad_();
    const Tensor y = at::conv2d(x, weight, {}, c.shape.stride, c.shape.padding);
    const Tensor dy = draw(y.sizes());
    y.backward(dy);

    ConvTape tape;
    EXPECT_LT(difference(conv_forward(x.detach(), weight.detach(), c.shape, tape), y.detach()),
              1e-10);
    const ConvGradients gradients = conv_gradients(dy, weight.detach(), c.shape, tape);
    EXPECT_LT(difference(gradients.dx, x.grad()), 1e-10);
    EXPECT_LT(difference(gradients.dweight, weight.grad()), 1e-10);
  }
}

// <im2col(x), c> = <x, col2im(c)> for every x and c is what makes one the transpose of the other.
TEST(ByHand, Col2ImIsTheTransposeOfIm2Col) {
  at::manual_seed(1);
  const ConvShape shape{3, 2, 1};
  const Tensor x = draw({2, 3, 7, 8}), columns = im2col(x, shape), c = draw(columns.sizes());
  EXPECT_NEAR((columns * c).sum().item<double>(),
              (x * col2im(c, x.sizes(), shape)).sum().item<double>(), 1e-10);
}

BatchNorm make_norm(int64_t C) {
  return {draw({C}), draw({C}), draw({C}), at::rand({C}, at::kDouble) + 0.5, 0.1, 1e-5};
}

TEST(ByHand, BatchNormEqualsTorch) {
  at::manual_seed(2);
  BatchNorm norm = make_norm(5);
  const Tensor x = (draw({4, 5, 3, 6}) * 3 + 1).requires_grad_();
  const Tensor scale = norm.scale.clone().requires_grad_();
  const Tensor shift = norm.shift.clone().requires_grad_();
  const Tensor mean = norm.running_mean.clone(), variance = norm.running_variance.clone();
  const Tensor y =
      at::batch_norm(x, scale, shift, mean, variance, /*training=*/true, 0.1, 1e-5, false);
  const Tensor dy = draw(y.sizes());
  y.backward(dy);

  BatchNormTape tape;
  EXPECT_LT(difference(batch_norm_forward(x.detach(), norm, tape), y.detach()), 1e-10);
  EXPECT_LT(difference(norm.running_mean, mean), 1e-10);
  EXPECT_LT(difference(norm.running_variance, variance), 1e-10);
  const BatchNormGradients gradients = batch_norm_gradients(dy, norm, tape);
  EXPECT_LT(difference(gradients.dx, x.grad()), 1e-10);
  EXPECT_LT(difference(gradients.dscale, scale.grad()), 1e-10);
  EXPECT_LT(difference(gradients.dshift, shift.grad()), 1e-10);
}

TEST(ByHand, BatchNormInEvaluationEqualsTorch) {
  at::manual_seed(3);
  const BatchNorm norm = make_norm(4);
  const Tensor x = draw({2, 4, 5, 5});
  const Tensor y = at::batch_norm(x, norm.scale, norm.shift, norm.running_mean,
                                  norm.running_variance, /*training=*/false, 0.1, 1e-5, false);
  EXPECT_LT(difference(batch_norm_evaluate(x, norm), y), 1e-10);
}

}  // namespace
