// A multi-layer perceptron by hand: parameters, forward, backward. No autograd, no torch::nn.
// B batch, L layers, n_l units of layer l (n_0 inputs, n_L = K outputs), P parameters; float64.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "week01_mlp_xor/by_hand_functions.h"

namespace week01 {

/// Weights and bias of one layer: z = a w + b.
struct Layer {
  torch::Tensor w;  // [n_l-1, n_l]
  torch::Tensor b;  // [n_l]
};

/// All parameters (or all their gradients, or one optimizer state) in one flat tensor, with a view
/// for each layer: the optimizer then works on one tensor, whatever the depth.
struct Parameters {
  torch::Tensor flat;         // [P]
  std::vector<Layer> layers;  // L views into `flat`

  /// Zeros for a network of these sizes: {n_0, n_1, ..., n_L}.
  static Parameters zeros(const std::vector<int64_t>& sizes,
                          const torch::Device& device = torch::kCPU);
};

/// The network: hidden layers with one activation, an output function behind the last.
struct Mlp {
  std::vector<int64_t> sizes;  // {n_0, ..., n_L}
  Activation activation = Activation::kTanh;
  Output output = Output::kSigmoid;
  Parameters parameters;
};

/// Returns a network with drawn weights and zero biases.
/// xavier: uniform within +-sqrt(6 / (n_in + n_out)) (Glorot and Bengio 2010, eq. 16);
/// he: normal, deviation sqrt(2 / n_in) (He et al. 2015, arXiv:1502.01852, eq. 10);
/// small-normal: normal, deviation 0.01.
Mlp make_mlp(const std::vector<int64_t>& sizes, Activation activation, Output output, Init init,
             uint64_t seed, const torch::Device& device = torch::kCPU);

/// What forward keeps for backward.
struct Tape {
  std::vector<torch::Tensor> a;      // L: a[l] [B, n_l] goes into layer l; a[0] is x
  std::vector<torch::Tensor> z;      // L: z[l] [B, n_l+1] = a[l] w[l] + b[l]
  std::vector<torch::Tensor> f;      // L-1: f(z[l]) before dropout
  std::vector<torch::Tensor> masks;  // as given; empty without dropout
  torch::Tensor p;                   // [B, K], the network's answer
};

/// Dropout masks for one batch: L tensors [B, n_l] for the inputs of the layers, each 0 or
/// 1 / (1 - share); undefined where the share is 0.
/// Args: `input_share` dropped of x, `hidden_share` of the hidden units.
std::vector<torch::Tensor> dropout_masks(const Mlp& mlp, int64_t batch, double input_share,
                                         double hidden_share, uint64_t seed);

/// Returns the network's answer to x [B, n_0] and what backward needs.
Tape forward(const Mlp& mlp, const torch::Tensor& x, const std::vector<torch::Tensor>& masks = {});

/// Writes to `gradient` the derivative of the mean loss + l2/2 * (sum of squared weights) by every
/// parameter. y [B, K] is what was wanted.
void backward(const Mlp& mlp, const Tape& tape, const torch::Tensor& y, Loss loss, double l2,
              Parameters& gradient);

/// Returns the loss that `backward` differentiates, as a scalar tensor.
torch::Tensor total_loss(const Mlp& mlp, const Tape& tape, const torch::Tensor& y, Loss loss,
                         double l2);

/// Returns the class of each row of p [B, K]: the largest, or for K = 1 whether p > 0.5; [B].
torch::Tensor classes_of(const torch::Tensor& p);

}  // namespace week01
