// Schedules: learning rate and momentum as pure functions of the step, so that a resumed training
// needs only the step.
#pragma once

#include <cstdint>
#include <functional>

namespace common::train {

/// What a step uses. `momentum` is SGD's and Muon's momentum, Adam's beta1.
struct Rates {
  double lr = 0, momentum = 0.9;
};

/// Returns the rates of a step, counted from 0.
using Schedule = std::function<Rates(std::int64_t step)>;

/// How a rate goes from one value to the next.
enum class Anneal { kCosine, kLinear };

/// Returns the value at `share` (0 to 1) of the way from `from` to `to`.
double anneal(double from, double to, double share, Anneal how);

/// Settings of the one-cycle policy; names and defaults are PyTorch's.
struct OneCycle {
  double max_lr = 0.1;
  std::int64_t total_steps = 0;
  double pct_start = 0.3;  ///< share of the steps in which the rate rises
  Anneal anneal = Anneal::kCosine;
  bool cycle_momentum = true;  ///< else it stays at max_momentum
  double base_momentum = 0.85, max_momentum = 0.95;
  double div_factor = 25;         ///< first rate = max_lr / div_factor
  double final_div_factor = 1e4;  ///< last rate = first rate / final_div_factor
  bool three_phase = false;       ///< down again as it went up, then on to the last rate
};

/// Returns the one-cycle policy: the rate rises from max_lr / div_factor to max_lr, then falls to
/// almost nothing; momentum goes the other way. Equal to torch.optim.lr_scheduler.OneCycleLR.
/// Errors: `Error` when total_steps < 1, a factor is not positive or pct_start is not in [0, 1].
/// Source: Smith and Topin 2018, arXiv:1708.07120. Differs: past the last step the last rates hold.
Schedule one_cycle(const OneCycle& options);

/// Returns the same with cosines from shares: the first rate is lr * `first`, the last one that
/// times `last`; it rises in the share `rise` of the steps. Momentum falls by 0.1 and comes back,
/// as PyTorch's does below 0.95.
Schedule one_cycle(double lr, std::int64_t steps, double rise, double first, double last,
                   double momentum);

/// Returns a constant rate.
Schedule constant(double lr, double momentum = 0.9);

/// Returns the rate that falls from `lr` to `last` over `steps` steps along half a cosine.
/// Source: Loshchilov and Hutter 2017, arXiv:1608.03983, eq. 5, without restarts.
Schedule cosine(double lr, std::int64_t steps, double last = 0, double momentum = 0.9);

/// Returns the rate that is multiplied by `factor` after each `every` steps.
Schedule step_decay(double lr, std::int64_t every, double factor = 0.1, double momentum = 0.9);

/// Returns straight lines between the points (0, lr * first), (peak_at * steps, lr) and
/// (steps, lr * last).
Schedule triangle(double lr, std::int64_t steps, double first, double peak_at, double last,
                  double momentum = 0.9);

/// Returns `schedule` with its first `steps` rates multiplied by (step + 1) / steps.
/// Source: Goyal et al. 2017, arXiv:1706.02677, section 2.2.
Schedule warm_up(Schedule schedule, std::int64_t steps);

/// Returns warm-up over the first `warm` steps, `lr`, and a straight line to `last` over the last
/// `decay` of `steps` steps.
/// Source: Hu et al. 2024, arXiv:2404.06395, section 4.
Schedule warm_up_stable_decay(double lr, std::int64_t steps, std::int64_t warm, std::int64_t decay,
                              double last = 0, double momentum = 0.9);

}  // namespace common::train
