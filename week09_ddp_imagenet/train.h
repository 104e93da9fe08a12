// `train` and `evaluate`.
#pragma once

#include "common/base/run.h"
#include "common/base/settings.h"
#include "week09_ddp_imagenet/config.h"

namespace week09 {

/// Trains a network, as one rank of as many as there are.
/// Returns val_top1, val_top5, images_per_s and more.
common::base::Metrics train(const Config& config, common::base::Run& run);

/// Settings of `evaluate`.
struct EvaluateConfig {
  std::string weights, images;
  int64_t val_size = 0;  // 0: that of the run
};
void describe(common::base::Settings& settings, EvaluateConfig& config);

/// Measures a run's weights on the validation images.
common::base::Metrics evaluate(const EvaluateConfig& config, common::base::Run& run);

}  // namespace week09
