#include "week01_mlp_xor/torch_twin.h"

namespace week01 {
using torch::Tensor;
namespace F = torch::nn::functional;
namespace {

Tensor torch_activation(Activation f, const Tensor& z) {
  switch (f) {
    case Activation::kSigmoid:
      return torch::sigmoid(z);
    case Activation::kTanh:
      return torch::tanh(z);
    case Activation::kRelu:
      return torch::relu(z);
    case Activation::kLeakyRelu:
      return torch::leaky_relu(z, kLeak);
    case Activation::kElu:
      return torch::elu(z, kEluScale);
    case Activation::kGelu:
      return torch::gelu(z);
  }
  TORCH_INTERNAL_ASSERT(false);
}

Tensor torch_answer(Output output, const Tensor& z) {
  if (output == Output::kSigmoid) return torch::sigmoid(z);
  if (output == Output::kSoftmax) return torch::softmax(z, /*dim=*/1);
  return z;
}

}  // namespace

TwinImpl::TwinImpl(const Mlp& mlp) : activation(mlp.activation) {
  const torch::NoGradGuard no_grad;
  for (size_t l = 0; l + 1 < mlp.sizes.size(); ++l) {
    torch::nn::Linear linear(mlp.sizes[l], mlp.sizes[l + 1]);
    linear->to(mlp.parameters.flat.device(), torch::kFloat64);
    linear->weight.copy_(mlp.parameters.layers[l].w.t());  // torch keeps [out, in]
    linear->bias.copy_(mlp.parameters.layers[l].b);
    linears.push_back(register_module("linear" + std::to_string(l), linear));
  }
}

Tensor TwinImpl::forward(Tensor x, const std::vector<Tensor>& masks) {
  for (size_t l = 0; l < linears.size(); ++l) {
    if (!masks.empty() && masks[l].defined()) x = x * masks[l];
    x = linears[l]->forward(x);  // [B, n_l+1]
    if (l + 1 < linears.size()) x = torch_activation(activation, x);
  }
  return x;
}

Tensor twin_loss(Output output, Loss loss, const Tensor& z, const Tensor& y) {
  switch (loss) {
    case Loss::kMse:
      return torch::mse_loss(torch_answer(output, z), y);
    case Loss::kHuber:
      return torch::huber_loss(torch_answer(output, z), y, at::Reduction::Mean, kHuberTurn);
    case Loss::kBinaryCrossEntropy:
      return torch::binary_cross_entropy_with_logits(z, y);
    case Loss::kCategoricalCrossEntropy:
      return F::cross_entropy(z, y);  // y holds probabilities
  }
  TORCH_INTERNAL_ASSERT(false);
}

std::unique_ptr<torch::optim::Optimizer> twin_optimizer(Twin& twin, const Optimizer& rule,
                                                        double lr, double l2) {
  std::vector<Tensor> weights, biases;
  for (auto& linear : twin->linears) {
    weights.push_back(linear->weight);
    biases.push_back(linear->bias);
  }
  const auto groups = [&](auto options) {
    auto with_decay = options;
    with_decay.weight_decay(l2);
    std::vector<torch::optim::OptimizerParamGroup> both;
    both.emplace_back(weights, std::make_unique<decltype(options)>(with_decay));
    both.emplace_back(biases, std::make_unique<decltype(options)>(options));
    return both;
  };
  using namespace torch::optim;
  if (rule.rule == Rule::kAdam) {
    const auto options =
        AdamOptions(lr).betas(std::make_tuple(rule.beta1, rule.beta2)).eps(rule.epsilon);
    return std::make_unique<Adam>(groups(options), options);
  }
  if (rule.rule == Rule::kRmsProp) {
    const auto options = RMSpropOptions(lr).alpha(rule.alpha).eps(rule.epsilon);
    return std::make_unique<RMSprop>(groups(options), options);
  }
  const auto options = SGDOptions(lr).momentum(rule.rule == Rule::kMomentum ? rule.momentum : 0);
  return std::make_unique<SGD>(groups(options), options);
}

Tensor flat_parameters(const Twin& twin) {
  std::vector<Tensor> parts;
  for (const auto& linear : twin->linears) {
    parts.push_back(linear->weight.detach().t().reshape(-1));
    parts.push_back(linear->bias.detach());
  }
  return torch::cat(parts);
}

Tensor flat_gradients(const Twin& twin) {
  std::vector<Tensor> parts;
  for (const auto& linear : twin->linears) {
    parts.push_back(linear->weight.grad().t().reshape(-1));
    parts.push_back(linear->bias.grad());
  }
  return torch::cat(parts);
}

}  // namespace week01
