#include "week01_mlp_xor/by_hand_functions.h"

#include <cmath>
#include <numbers>

namespace week01 {
using torch::Tensor;
namespace {

const double kSqrtHalf = std::sqrt(0.5);
const double kInvSqrt2Pi = std::numbers::inv_sqrtpi * kSqrtHalf;

// Phi(z), the normal distribution's share below z, through the error function.
Tensor normal_share(const Tensor& z) { return ((z * kSqrtHalf).erf_().add_(1)).mul_(0.5); }

// phi(z), its density.
Tensor normal_density(const Tensor& z) { return z.square().mul_(-0.5).exp_().mul_(kInvSqrt2Pi); }

Tensor logistic(const Tensor& z) { return z.neg().exp_().add_(1).reciprocal_(); }  // 1/(1+e^-z)

}  // namespace

Tensor activate(Activation f, const Tensor& z) {
  switch (f) {
    case Activation::kSigmoid:
      return logistic(z);
    case Activation::kTanh:
      return z.tanh();
    case Activation::kRelu:
      return z.clamp_min(0);
    case Activation::kLeakyRelu:
      return torch::maximum(z, z * kLeak);
    case Activation::kElu:
      return z.clamp_min(0).add_(z.clamp_max(0).expm1_().mul_(kEluScale));
    case Activation::kGelu:
      return normal_share(z).mul_(z);
  }
  TORCH_INTERNAL_ASSERT(false);
}

Tensor slope(Activation f, const Tensor& z, const Tensor& a) {
  switch (f) {
    case Activation::kSigmoid:
      return a * (1 - a);
    case Activation::kTanh:
      return 1 - a.square();
    case Activation::kRelu:
      return (z > 0).to(z.dtype());
    case Activation::kLeakyRelu:
      return (z > 0).to(z.dtype()).mul_(1 - kLeak).add_(kLeak);
    case Activation::kElu:
      return z.clamp_max(0).exp_().mul_(torch::where(z > 0, 1.0, kEluScale));
    case Activation::kGelu:
      return normal_density(z).mul_(z).add_(normal_share(z));  // (z Phi)' = Phi + z phi
  }
  TORCH_INTERNAL_ASSERT(false);
}

Tensor answer(Output output, const Tensor& z) {
  switch (output) {
    case Output::kLinear:
      return z;
    case Output::kSigmoid:
      return logistic(z);
    case Output::kSoftmax: {
      const Tensor e = (z - z.amax(/*dim=*/1, /*keepdim=*/true)).exp_();  // [B, K], largest is 1
      return e / e.sum(/*dim=*/1, /*keepdim=*/true);
    }
  }
  TORCH_INTERNAL_ASSERT(false);
}

Tensor loss_value(Output output, Loss loss, const Tensor& z, const Tensor& y) {
  switch (loss) {
    case Loss::kMse:
      return (answer(output, z) - y).square_().mean();
    case Loss::kHuber: {
      const Tensor error = (answer(output, z) - y).abs_();  // [B, K]
      const Tensor near = error.clamp_max(kHuberTurn);      // where it is still a square
      return (near * (error - near / 2)).mean();            // e^2/2, then turn (e - turn/2)
    }
    case Loss::kBinaryCrossEntropy:
      // -y log p - (1-y) log(1-p) with p = sigmoid(z): max(z, 0) - z y + log(1 + e^-|z|).
      return (z.clamp_min(0) - z * y + z.abs().neg_().exp_().log1p_()).mean();
    case Loss::kCategoricalCrossEntropy: {
      const Tensor top = z.amax(1, true);                                             // [B, 1]
      const Tensor log_sum = (z - top).exp_().sum(1, /*keepdim=*/true).log_() + top;  // [B, 1]
      return ((log_sum - z) * y).sum(1).mean();                                       // -log p of y
    }
  }
  TORCH_INTERNAL_ASSERT(false);
}

Tensor loss_gradient(Output output, Loss loss, const Tensor& p, const Tensor& y) {
  const auto batch = static_cast<double>(p.size(0)), all = static_cast<double>(p.numel());
  // Cross-entropy undoes its own output function: what remains is the error.
  if (loss == Loss::kCategoricalCrossEntropy) return (p - y).div_(batch);
  if (loss == Loss::kBinaryCrossEntropy) return (p - y).div_(all);
  Tensor dp = p - y;  // [B, K], derivative of the loss by the answer
  if (loss == Loss::kMse) dp.mul_(2 / all);
  if (loss == Loss::kHuber) dp.clamp_(-kHuberTurn, kHuberTurn).div_(all);
  switch (output) {
    case Output::kLinear:
      return dp;
    case Output::kSigmoid:
      return dp * p * (1 - p);
    case Output::kSoftmax:  // dp_i/dz_j = p_i (1[i=j] - p_j)
      return p * (dp - (dp * p).sum(/*dim=*/1, /*keepdim=*/true));
  }
  TORCH_INTERNAL_ASSERT(false);
}

}  // namespace week01
