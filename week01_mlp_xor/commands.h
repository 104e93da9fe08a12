// The commands of week 01, one function each; main.cpp binds them to the command line.
#pragma once

#include <array>

#include "common/base/run.h"
#include "common/web/address.h"
#include "week01_mlp_xor/config.h"

namespace week01 {

/// Trains what the settings say and leaves curves and pictures. With folds: cross-validates.
/// Returns: `train_loss`, `train_accuracy`, `test_loss`, `test_accuracy` (or `validation_...`),
/// `train_seconds`; for xor also `solved` (1 when all four are right) and `epochs_to_solve`;
/// with folds `cv_accuracy` and `cv_accuracy_sd` over the shuffles.
common::base::Metrics train(const Config& config, common::base::Run& run);

/// Settings of `compare`: those of a training run, and how long to compare.
struct CompareConfig {
  Config config;
  int64_t steps = 100, timed_steps = 1000;
};
void describe(common::base::Settings& settings, CompareConfig& config);

/// Trains the network by hand and its twin in torch::nn from equal weights in equal order.
/// Returns: `gradient_difference` (of the first step) and `weight_difference` (after `steps`), both
/// largest absolute difference over largest absolute value; `hand_steps_per_s`,
/// `torch_steps_per_s`.
common::base::Metrics compare(const CompareConfig& config, common::base::Run& run);

/// Settings of `table`.
struct TableConfig {
  std::vector<int64_t> widths = {2, 3, 4};
  int64_t tries = 20, epochs = 2000;
  double lr_sgd = 1.0, lr_momentum = 0.3, lr_rmsprop = 0.03, lr_adam = 0.05;
};
void describe(common::base::Settings& settings, TableConfig& config);

/// Trains XOR with every width, activation and optimizer from `tries` seeds each.
/// Returns the share of seeds that ended with four of four right, as
/// `solved_WIDTH_ACTIVATION_RULE`.
common::base::Metrics table(const TableConfig& config, common::base::Run& run);

/// Settings of `optimizers`: those of a training run, and a learning rate for each rule.
struct OptimizersConfig {
  Config config;
  std::array<double, 4> lr = {0.3, 0.05, 0.003, 0.01};  // in the order of rule_names()
};
void describe(common::base::Settings& settings, OptimizersConfig& config);

/// Trains the same network from the same weights with each optimizer; one picture of all losses.
/// Returns the last training loss of each, as `loss_RULE`.
common::base::Metrics optimizers(const OptimizersConfig& config, common::base::Run& run);

/// Settings of the page.
struct ServeConfig {
  common::web::Address address = {.port = 8001};
};
void describe(common::base::Settings& settings, ServeConfig& config);

/// Serves the playground until Ctrl-C.
void serve(const ServeConfig& config, const common::base::RunConfig&);

/// Settings of `frames`.
struct FramesConfig {
  std::vector<int64_t> hidden = {8, 8, 8};
  int64_t frames = 300;
};
void describe(common::base::Settings& settings, FramesConfig& config);

/// Trains spirals with the page's network on one core, one epoch a frame, and makes each frame as
/// the page gets it. Returns `frames_per_s`, `frame_ms` (of the frame alone), `frame_bytes`.
common::base::Metrics frames(const FramesConfig& config, common::base::Run& run);

/// `activations` has no settings.
struct NoConfig {};
void describe(common::base::Settings& settings, NoConfig& config);

/// Draws every activation with its derivative.
common::base::Metrics activations(const NoConfig& config, common::base::Run& run);

}  // namespace week01
