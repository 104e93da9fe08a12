// Optimizers: SGD, AdamW and Muon over groups of parameters, each group with a rule of its own.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/named_tensors.h"
#include "common/train/schedule.h"

namespace common::train {

/// SGD with momentum: d = g + weight_decay p; v = momentum v + d; p -= lr (d + momentum v, or v
/// without Nesterov's look ahead). Equal to torch.optim.SGD.
/// Source: Sutskever et al. 2013, proceedings.mlr.press/v28/sutskever13.
struct Sgd {
  bool nesterov = true;
};

/// Adam with decoupled weight decay; beta1 is the schedule's momentum. Equal to torch.optim.AdamW.
/// Source: Loshchilov and Hutter 2019, arXiv:1711.05101.
struct AdamW {
  double beta2 = 0.999, eps = 1e-8;
};

/// SGD with momentum whose update, seen as a matrix [rows, the rest], is made nearly orthogonal by
/// Newton-Schulz iterations. For matrices and convolutions; norms and biases want another rule.
/// Source: Jordan et al. 2024, kellerjordan.github.io/posts/muon.
struct Muon {
  enum class Average {
    kLerp,  ///< v = momentum v + (1 - momentum) g, as torch.optim.Muon
    kSum,   ///< v = momentum v + g
  };
  Average average = Average::kLerp;
  bool nesterov = true;
  std::int64_t steps = 5;      ///< Newton-Schulz iterations
  bool bf16 = false;           ///< iterate in bf16, as torch.optim.Muon
  bool scale_by_shape = true;  ///< lr sqrt(max(1, rows / columns)), as torch.optim.Muon
  bool fixed_norm = false;     ///< before each update, scale the weight to norm sqrt(rows)
};

using Rule = std::variant<Sgd, AdamW, Muon>;

/// Parameters that are moved alike.
struct ParameterGroup {
  std::string name;
  std::vector<at::Tensor> parameters;
  Rule rule = Sgd{};
  double lr_scale = 1;      ///< times the schedule's rate
  double weight_decay = 0;  ///< SGD: added to the gradient. AdamW, Muon: p -= lr weight_decay p
  std::optional<double> momentum = {};  ///< in place of the schedule's
  std::int64_t until_step = -1;         ///< its rate falls in a line to 0 at this step; -1: never
};

/// Moves the parameters of all groups. A parameter without a gradient is left alone.
class Optimizer {
 public:
  /// Errors: `Error` when two groups have the same name.
  explicit Optimizer(std::vector<ParameterGroup> groups);

  const std::vector<ParameterGroup>& groups() const { return groups_; }
  /// Returns every parameter of every group.
  std::vector<at::Tensor> parameters() const;

  /// Forgets the gradients.
  void zero_grad();

  /// One update at `step`, counted from 0.
  /// Args: `skip`, where defined, is one number on the parameters' device, 0 or 1; 1 leaves
  /// everything as it is: what a GradScaler found. Nothing waits for the device, but with Muon and
  /// `skip`.
  void step(std::int64_t step, const Rates& rates, const at::Tensor& skip = {});

  /// Returns all state: GROUP.INDEX.first (momentum, or m), .second (v), .steps (AdamW's).
  base::NamedTensors state() const;
  /// Errors: `Error` when names or shapes are not those that state() returns.
  void load(const base::NamedTensors& state);

 private:
  struct Slots {
    std::vector<at::Tensor> first, second, steps;  // momentum or m; v; updates done (AdamW)
  };
  std::vector<ParameterGroup> groups_;
  std::vector<Slots>
      slots_;  // one a group; made at construction, so that a CUDA graph may hold them
};

/// Returns the matrix [R, C] that is nearly U V' where `matrix` is U S V'.
/// Errors: none; a matrix of zeros stays zeros.
at::Tensor orthogonalise(const at::Tensor& matrix, std::int64_t steps, bool bf16 = false);

/// Scales the gradients so that their norm is at most `max_norm`, without waiting for the device.
/// Returns their norm before, one number on the device.
/// Source: Pascanu et al. 2013, arXiv:1211.5063. Equal to torch.nn.utils.clip_grad_norm_.
at::Tensor clip_grad_norm_(const std::vector<at::Tensor>& parameters, double max_norm);

}  // namespace common::train
