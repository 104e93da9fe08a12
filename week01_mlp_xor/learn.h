// The training loop of week 01, written out, and what it keeps to go on after an interruption.
#pragma once

#include <algorithm>
#include <filesystem>
#include <functional>

#include "week01_mlp_xor/by_hand.h"
#include "week01_mlp_xor/by_hand_optimizer.h"
#include "week01_mlp_xor/problem.h"

namespace week01 {

/// A network on its way: everything that the next step depends on, besides settings and seed.
struct Learner {
  Mlp mlp;
  Optimizer optimizer;
  int64_t epoch = 0;  // epochs done
};

/// Returns the drawn network for `inputs` features and `classes`, and its optimizer.
Mlp make_mlp(const Config& config, int64_t inputs, int64_t classes, uint64_t seed,
             const torch::Device& device = torch::kCPU);
Optimizer make_optimizer(const Config& config);

/// Returns the learner before its first step: with the network of `config.init_from`, if named.
/// Errors: `Error` when that file is no network, or one of other sizes or functions.
Learner make_learner(const Config& config, const Problem& problem, uint64_t seed,
                     const torch::Device& device = torch::kCPU);

/// One step of training after another.
class Steps {
 public:
  Steps(const Config& config, const Samples& train, Loss loss, uint64_t seed, const Mlp& mlp);

  int64_t per_epoch() const { return per_epoch_; }
  /// Returns how many samples step `i` of an epoch takes.
  int64_t size_of(int64_t i) const { return std::min(batch_, train_.size() - i * batch_); }
  /// Takes step `i` (from 0) of the learner's epoch: forward, backward, update.
  void take(Learner& learner, int64_t i);

 private:
  Config config_;
  Samples train_;
  Loss loss_;
  uint64_t seed_;
  int64_t batch_, per_epoch_;
  torch::Tensor targets_;  // [N, K]
  Parameters gradient_;    // [P]
  torch::Tensor order_;    // [N], of the epoch below
  int64_t order_epoch_ = -1;
};

/// Trains until `config.epochs` are done. Batch order and dropout follow from (seed, epoch), so a
/// learner that stopped after any epoch goes on exactly as if it had not.
/// Args: `after_epoch` sees the learner after each epoch and returns whether to go on.
/// Errors: `Error` with step and learning rate when the weights are no longer finite; asked after
/// each epoch.
void learn(Learner& learner, const Config& config, const Samples& train, Loss loss, uint64_t seed,
           const std::function<bool(const Learner&)>& after_epoch);

/// Mean loss (without l2) and share of right answers.
struct Score {
  double loss = 0, accuracy = 0;
  torch::Tensor predicted;  // [N], int64
};

/// Returns the score on `samples`, without dropout.
Score evaluate(const Mlp& mlp, const Samples& samples, Loss loss);

/// Returns the dropout masks of a step, empty without dropout. They follow from (seed, step).
std::vector<torch::Tensor> step_masks(const Mlp& mlp, const Config& config, int64_t batch,
                                      uint64_t seed, int64_t step);

/// Seconds of a run so far, and of its training alone (without evaluation and saving).
struct Clocks {
  double run_s = 0, train_s = 0;
};

/// Writes the learner, `frames` [F, G] (may be undefined) and the clocks to DIR/checkpoint.
void save_checkpoint(const std::filesystem::path& dir, const Learner& learner,
                     const torch::Tensor& frames, const Clocks& clocks);

/// Reads what save_checkpoint wrote into a learner of the same settings. Returns false when there
/// is none yet. Errors: `Error` when the file is cut short, of another kind or of another network.
bool load_checkpoint(const std::filesystem::path& dir, Learner& learner, torch::Tensor& frames,
                     Clocks& clocks);

}  // namespace week01
