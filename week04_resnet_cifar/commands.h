// The commands of week 04, one function each; main.cpp binds them to the command line.
#pragma once

#include "common/base/run.h"
#include "week04_resnet_cifar/config.h"

namespace week04 {

/// Trains what the settings say; leaves weights.safetensors, curves and pictures.
/// Returns: `test_accuracy`, `test_loss` and, with tta, `tta_accuracy`, of the test set, read once;
/// or, when images are held out, `validation_accuracy`, `validation_loss`,
/// `validation_tta_accuracy` of those; `train_loss`, `epochs`, `train_seconds`, `images_per_s`,
/// `flops_per_s`, `share_of_peak`.
common::base::Metrics train(const Config& config, common::base::Run& run);

/// Settings of `evaluate`.
struct EvaluateConfig {
  std::string weights;
  bool tta = false;
};
void describe(common::base::Settings& settings, EvaluateConfig& config);

/// Evaluates a run's weights on the test set and draws the same pictures as train.
common::base::Metrics evaluate(const EvaluateConfig& config, common::base::Run& run);

/// Settings of `find-lr`: those of a training run, and the range.
struct FindLrConfig {
  Config config;
  double from = 1e-4, to = 10;
  int64_t steps = 100;
};
void describe(common::base::Settings& settings, FindLrConfig& config);

/// Raises the learning rate from `from` to `to` in one short training and draws the loss over it.
/// Returns `steepest_lr`, `diverging_lr` and `suggested_max_lr`.
common::base::Metrics find_lr(const FindLrConfig& config, common::base::Run& run);

/// Settings of `predict` and `export`.
struct WeightsConfig {
  std::string weights;
};
void describe(common::base::Settings& settings, WeightsConfig& config);

/// Prints the classes that the network sees in each image named on the command line.
/// Returns nothing measured.
common::base::Metrics predict(const WeightsConfig& config, common::base::Run& run);

/// Writes the weights as model.safetensors with a config.json beside it, as Python's libraries
/// expect a model.
common::base::Metrics export_model(const WeightsConfig& config, common::base::Run& run);

}  // namespace week04
