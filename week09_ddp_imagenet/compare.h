// `compare`: the same training on one rank and on more, and three ways to average.
#pragma once

#include "common/base/run.h"
#include "week09_ddp_imagenet/profile.h"

namespace week09 {

/// Settings of `compare`: those of a profile, and how many ranks.
struct CompareConfig {
  ProfileConfig profile;
  std::vector<int64_t> ranks = {1, 2};
  int64_t turns = 3;
};
void describe(common::base::Settings& settings, CompareConfig& config);

/// Starts, in turn, `profile` with each number of ranks, all cores shared among them; with the most
/// ranks and each way to average; and one rank with the share of one of them, from which the
/// README's model says how long their step takes. Then five steps in fp64 with synchronised norms,
/// by each number of ranks and each way: their losses must be equal. Prints tables and draws
/// compare.png.
/// Returns, for N ranks, images_per_s_N, efficiency_N (of the speed of one rank with all cores),
/// communication_share_N, exposed_share_N (not on GPUs) and loss_difference_N; images_per_s and
/// loss_difference of _flat and _ring; model_over_measured.
/// Errors: `Error` when the settings name a way to average, or bf16 for what is sent.
common::base::Metrics compare(const CompareConfig& config, common::base::Run& run);

}  // namespace week09
