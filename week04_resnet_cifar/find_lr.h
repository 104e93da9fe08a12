// `find-lr`: the learning rate range test.
#pragma once

#include "common/base/run.h"
#include "week04_resnet_cifar/config.h"

namespace week04 {

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

}  // namespace week04
