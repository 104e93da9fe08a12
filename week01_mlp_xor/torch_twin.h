// The same network through torch::nn, autograd and torch::optim: what by_hand is compared with.
#pragma once

#include <torch/torch.h>

#include <memory>

#include "week01_mlp_xor/by_hand.h"
#include "week01_mlp_xor/by_hand_optimizer.h"

namespace week01 {

/// An MLP of torch::nn::Linear layers in float64 with the weights of an Mlp.
struct TwinImpl : torch::nn::Module {
  explicit TwinImpl(const Mlp& mlp);

  /// Returns z of the last layer, [B, K], before the output function; x [B, n_0]. `masks` are those
  /// of week01::forward.
  torch::Tensor forward(torch::Tensor x, const std::vector<torch::Tensor>& masks);

  std::vector<torch::nn::Linear> linears;
  Activation activation;
};
TORCH_MODULE(Twin);

/// Returns the loss of z [B, K] against y [B, K] through torch's functions; without l2.
torch::Tensor twin_loss(Output output, Loss loss, const torch::Tensor& z, const torch::Tensor& y);

/// Returns torch's optimizer for the same rule; l2 acts on weights, not on biases.
std::unique_ptr<torch::optim::Optimizer> twin_optimizer(Twin& twin, const Optimizer& rule,
                                                        double lr, double l2);

/// Returns the twin's parameters (or their gradients) in the order of Parameters::flat, [P].
torch::Tensor flat_parameters(const Twin& twin);
torch::Tensor flat_gradients(const Twin& twin);

}  // namespace week01
