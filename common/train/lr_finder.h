// Learning rate range test: raise the rate from tiny to huge in one short training and look where
// the loss falls fastest.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "common/train/schedule.h"

namespace common::train {

/// Returns the rate that grows from `first` to `last` by the same factor at each of `steps` steps.
/// Source: Smith 2017, arXiv:1506.01186, section 3.3; the exponential growth is fast.ai's.
Schedule range_test(double first, double last, std::int64_t steps, double momentum = 0.9);

/// What a range test says.
struct LrSuggestion {
  double steepest = 0;  ///< rate at which the smoothed loss falls fastest: a good constant rate
  double diverges = 0;  ///< rate at which it has risen to four times its least, or the last rate
  double max_lr = 0;    ///< for one-cycle: a tenth of the rate at the least loss, or steepest if larger
  std::vector<double> smoothed;  ///< loss, averaged over about ten steps
};

/// Args: (rate, loss) of each step, in order; at least 10.
/// Errors: `Error` when there are fewer, or a loss is not finite before the tenth.
LrSuggestion suggest_lr(const std::vector<std::pair<double, double>>& rates_and_losses);

/// Returns whether the last loss, smoothed, is over four times the least, or not finite: time to
/// stop. Not before 20 steps.
bool diverged(const std::vector<std::pair<double, double>>& rates_and_losses);

}  // namespace common::train
