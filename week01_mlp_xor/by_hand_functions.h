// Activations, output functions and losses with their derivatives, written out elementwise.
// B batch, K outputs; every tensor is float64.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

namespace week01 {

enum class Activation { kSigmoid, kTanh, kRelu, kLeakyRelu, kElu, kGelu };
enum class Output { kLinear, kSigmoid, kSoftmax };
enum class Loss { kMse, kHuber, kBinaryCrossEntropy, kCategoricalCrossEntropy };

/// Slope of leaky ReLU below zero, scale of ELU, and where Huber turns from square to straight.
constexpr double kLeak = 0.01, kEluScale = 1.0, kHuberTurn = 1.0;

/// Returns the activation a = f(z), elementwise.
torch::Tensor activate(Activation f, const torch::Tensor& z);

/// Returns the derivative f'(z), elementwise. Takes `a` = f(z) too, because for some functions the
/// derivative is shorter in it: sigmoid' = a (1 - a).
torch::Tensor slope(Activation f, const torch::Tensor& z, const torch::Tensor& a);

/// Returns the network's answer p [B, K] from the last layer's z [B, K].
torch::Tensor answer(Output output, const torch::Tensor& z);

/// Returns whether this output and loss belong together: cross-entropy wants probabilities, binary
/// from sigmoid, categorical from softmax; squared error and Huber take any output.
bool defined(Output output, Loss loss);

/// Returns the mean loss, a scalar tensor. Mean over B and K; categorical cross-entropy over B.
/// Args: z [B, K] before the output function, y [B, K] wanted (one-hot for softmax).
/// Cross-entropies are computed from z, where log(p) would lose its digits.
torch::Tensor loss_value(Output output, Loss loss, const torch::Tensor& z, const torch::Tensor& y);

/// Returns dz [B, K], the derivative of loss_value by z, from the answer p = answer(z).
torch::Tensor loss_gradient(Output output, Loss loss, const torch::Tensor& p,
                            const torch::Tensor& y);

/// The names that settings use, in the order of the enums, and the way back.
const std::vector<std::string>& activation_names();
const std::vector<std::string>& output_names();
const std::vector<std::string>& loss_names();
Activation activation_named(const std::string& name);
Output output_named(const std::string& name);
Loss loss_named(const std::string& name);

}  // namespace week01
