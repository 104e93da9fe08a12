// Activations, output functions and losses with their derivatives, written out elementwise.
// B batch, K outputs; every tensor is float64.
#pragma once

#include <torch/types.h>

#include "week01_mlp_xor/choices.h"

namespace week01 {

/// Slope of leaky ReLU below zero, scale of ELU, and where Huber turns from square to straight.
constexpr double kLeak = 0.01, kEluScale = 1.0, kHuberTurn = 1.0;

/// Returns the activation a = f(z), elementwise.
torch::Tensor activate(Activation f, const torch::Tensor& z);

/// Returns the derivative f'(z), elementwise. Takes `a` = f(z) too, because for some functions the
/// derivative is shorter in it: sigmoid' = a (1 - a).
torch::Tensor slope(Activation f, const torch::Tensor& z, const torch::Tensor& a);

/// Returns the network's answer p [B, K] from the last layer's z [B, K].
torch::Tensor answer(Output output, const torch::Tensor& z);

/// Returns the mean loss, a scalar tensor. Mean over B and K; categorical cross-entropy over B.
/// Args: z [B, K] before the output function, y [B, K] wanted (one-hot for softmax).
/// Cross-entropies are computed from z, where log(p) would lose its digits.
torch::Tensor loss_value(Output output, Loss loss, const torch::Tensor& z, const torch::Tensor& y);

/// Returns dz [B, K], the derivative of loss_value by z, from the answer p = answer(z).
torch::Tensor loss_gradient(Output output, Loss loss, const torch::Tensor& p,
                            const torch::Tensor& y);

}  // namespace week01
