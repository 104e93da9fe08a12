// `explain`: pictures of what a trained network has learned and where it looks.
#pragma once

#include <string>

#include "common/base/run.h"
#include "common/base/settings.h"

namespace week04 {

/// Settings of `explain`.
struct ExplainConfig {
  std::string weights;
  int64_t image = 0;
  int64_t images = 1000;
};
void describe(common::base::Settings& settings, ExplainConfig& config);

/// Draws filters.png, maps.png and grad_cam.png, each with a title that states what was measured.
/// Returns `plain_blind_filters`, `near_zero_first` and `near_zero_last` (shares), and how much of
/// the answer's probability is lost without the hottest quarter of an image and without the quarter
/// that is hottest in another: `hottest_quarter_drop`, `other_quarter_drop`.
common::base::Metrics explain(const ExplainConfig& config, common::base::Run& run);

}  // namespace week04
