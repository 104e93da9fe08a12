// What is done with trained weights: `evaluate`, `predict`, `export`.
#pragma once

#include <string>
#include <vector>

#include "common/base/run.h"
#include "common/base/settings.h"

namespace week04 {

/// Settings of `evaluate`.
struct EvaluateConfig {
  std::string weights;
  bool tta = false;
};
void describe(common::base::Settings& settings, EvaluateConfig& config);

/// Evaluates a run's weights on the test set and draws the same pictures as train.
common::base::Metrics evaluate(const EvaluateConfig& config, common::base::Run& run);

/// Settings of `predict` and `export`.
struct WeightsConfig {
  std::string weights;
};
void describe(common::base::Settings& settings, WeightsConfig& config);

/// Errors: `Error` when no image is named, or one is not there.
void require_images(const std::vector<std::string>& files);

/// Prints the classes that the network sees in each image named on the command line.
/// Returns nothing measured.
common::base::Metrics predict(const WeightsConfig& config, common::base::Run& run);

/// Writes the weights as model.safetensors with a config.json beside it, as Python's libraries
/// expect a model.
common::base::Metrics export_model(const WeightsConfig& config, common::base::Run& run);

}  // namespace week04
