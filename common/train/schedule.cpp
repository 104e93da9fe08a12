#include "common/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"

namespace common::train {
using base::require;
namespace {

void require_steps(std::int64_t steps) {
  require(steps >= 1, "a schedule needs at least one step, not " + std::to_string(steps));
}

double line(double a, double b, double share) { return anneal(a, b, share, Anneal::kLinear); }

}  // namespace

double anneal(double from, double to, double share, Anneal how) {
  if (how == Anneal::kLinear) return from + (to - from) * share;
  return to + (from - to) / 2 * (1 + std::cos(std::numbers::pi * share));
}

Schedule one_cycle(const OneCycle& o) {
  require_steps(o.total_steps);
  require(o.pct_start >= 0 && o.pct_start <= 1, "one-cycle: pct_start must be from 0 to 1");
  require(o.max_lr > 0 && o.div_factor > 0 && o.final_div_factor > 0,
          "one-cycle: max_lr, div_factor and final_div_factor must be more than 0");
  struct Phase {
    double end;  // step at which it ends
    Rates from, to;
  };
  const double first = o.max_lr / o.div_factor, last = first / o.final_div_factor;
  const double low = o.cycle_momentum ? o.base_momentum : o.max_momentum, high = o.max_momentum;
  const auto total = static_cast<double>(o.total_steps);
  const double up = o.pct_start * total - 1;
  const Rates start{first, high}, peak{o.max_lr, low}, finish{last, high};
  std::vector<Phase> phases = {{up, start, peak}};
  if (o.three_phase) {
    phases.push_back({2 * o.pct_start * total - 2, peak, start});
    phases.push_back({total - 1, start, finish});
  } else {
    phases.push_back({total - 1, peak, finish});
  }
  const Anneal how = o.anneal;
  return [phases, how](std::int64_t step) {
    const double at = std::min(static_cast<double>(step), phases.back().end);
    double begin = 0;
    for (const Phase& phase : phases) {
      if (at <= phase.end || &phase == &phases.back()) {
        const double length = phase.end - begin;
        const double share = length == 0 ? 1 : (at - begin) / length;
        return Rates{anneal(phase.from.lr, phase.to.lr, share, how),
                     anneal(phase.from.momentum, phase.to.momentum, share, how)};
      }
      begin = phase.end;
    }
    return phases.back().to;  // not reached: the last phase takes every step
  };
}

Schedule one_cycle(double lr, std::int64_t steps, double rise, double first, double last,
                   double momentum) {
  OneCycle cycle;
  cycle.max_lr = lr;
  cycle.total_steps = steps;
  cycle.pct_start = rise;
  cycle.div_factor = 1 / first;
  cycle.final_div_factor = 1 / std::max(last, 1e-12);
  cycle.max_momentum = momentum;
  cycle.base_momentum = std::max(0.0, momentum - 0.1);
  return one_cycle(cycle);
}

Schedule constant(double lr, double momentum) {
  return [=](std::int64_t) { return Rates{lr, momentum}; };
}

Schedule cosine(double lr, std::int64_t steps, double last, double momentum) {
  require_steps(steps);
  return [=](std::int64_t step) {
    const double share = std::min(1.0, static_cast<double>(step) / static_cast<double>(steps));
    return Rates{anneal(lr, last, share, Anneal::kCosine), momentum};
  };
}

Schedule step_decay(double lr, std::int64_t every, double factor, double momentum) {
  require_steps(every);
  return [=](std::int64_t step) {
    return Rates{lr * std::pow(factor, static_cast<double>(step / every)), momentum};
  };
}

Schedule triangle(double lr, std::int64_t steps, double first, double peak_at, double last,
                  double momentum) {
  require_steps(steps);
  require(peak_at >= 0 && peak_at <= 1, "the peak of a schedule must be at 0 to 1 of its steps");
  return [=](std::int64_t step) {
    const double share = std::min(1.0, static_cast<double>(step) / static_cast<double>(steps));
    const double factor = share < peak_at ? line(first, 1, share / peak_at)
                          : peak_at == 1  ? 1
                                          : line(1, last, (share - peak_at) / (1 - peak_at));
    return Rates{lr * factor, momentum};
  };
}

Schedule warm_up(Schedule schedule, std::int64_t steps) {
  return [schedule = std::move(schedule), steps](std::int64_t step) {
    Rates rates = schedule(step);
    if (step < steps) rates.lr *= static_cast<double>(step + 1) / static_cast<double>(steps);
    return rates;
  };
}

Schedule warm_up_stable_decay(double lr, std::int64_t steps, std::int64_t warm, std::int64_t decay,
                              double last, double momentum) {
  require_steps(steps);
  require(warm >= 0 && decay >= 0 && warm + decay <= steps,
          "warm-up and decay take more than the " + std::to_string(steps) + " steps");
  const Schedule stable = [=](std::int64_t step) {
    if (step < steps - decay) return Rates{lr, momentum};
    const auto into = static_cast<double>(step - (steps - decay));
    return Rates{
        line(lr, last, std::min(1.0, into / static_cast<double>(std::max<std::int64_t>(1, decay)))),
        momentum};
  };
  return warm_up(stable, warm);
}

}  // namespace common::train
