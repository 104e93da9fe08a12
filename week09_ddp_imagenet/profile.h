// `profile`: where the time of a step goes, with a loop that is written out and three ways to
// average gradients.
#pragma once

#include <string>

#include "common/base/run.h"
#include "common/base/settings.h"
#include "week09_ddp_imagenet/config.h"

namespace week09 {

/// Settings of `profile`: those of a training, and what is measured.
struct ProfileConfig {
  Config config;
  int64_t steps = 20, warm_up = 3;
  std::string averaging = "overlapped";
};
void describe(common::base::Settings& settings, ProfileConfig& config);

/// Mean seconds of a step that went into each part.
struct Phases {
  double data_s = 0, forward_s = 0, backward_s = 0;
  double communication_s = 0;  ///< what the step waits for
  double optimizer_s = 0;
  double hidden_s = 0;  ///< communication during backward, within backward_s

  double step_s() const { return data_s + forward_s + backward_s + communication_s + optimizer_s; }
};

/// Trains for some steps, as one rank of as many as there are.
/// Returns images_per_s, the parts of a step (data_ms, forward_ms, backward_ms, communication_ms,
/// optimizer_ms, hidden_ms), what an all-reduce of the gradients takes when nothing else happens,
/// megabytes sent, and the loss of the last step.
common::base::Metrics profile(const ProfileConfig& config, common::base::Run& run);

}  // namespace week09
