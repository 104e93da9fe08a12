// `study`: the same training with one thing changed at a time.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/base/run.h"
#include "common/base/settings.h"
#include "week04_resnet_cifar/config.h"

namespace week04 {

/// Settings of `study`: what is varied, and the training that it is varied in.
struct StudyConfig {
  std::string what = "schedule";
  Config config;
};
void describe(common::base::Settings& settings, StudyConfig& config);

/// One way of training.
struct Variant {
  std::string name;  // a metric's name begins with it
  std::function<void(Config&)> change;
  std::string precision = {};  // empty: that of the run
};

/// Returns the studies and their variants; the first of each is what the others are compared with.
const std::vector<std::pair<std::string, std::vector<Variant>>>& studies();

/// Trains each variant of the study from the run's seed and looks at the held-out images.
/// Returns `NAME_accuracy` and `NAME_loss` (of the last fifth of an epoch of training) of each.
common::base::Metrics study(const StudyConfig& config, common::base::Run& run);

}  // namespace week04
