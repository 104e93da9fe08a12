#include "common/base/exercise.h"
#include "exercise.h"

int main() {
  common::base::Checks checks("04.3 one-cycle");
  // torch.optim.lr_scheduler.OneCycleLR(max_lr=0.4, total_steps=10, pct_start=0.3, div_factor=10,
  // final_div_factor=100): the learning rates that PyTorch gives.
  const double first = 0.04, highest = 0.4, last = 0.0004;
  checks.near("it begins at the first rate", one_cycle(0, 10, 0.3, first, highest, last), 0.04);
  checks.near("it is half way up at step 1", one_cycle(1, 10, 0.3, first, highest, last), 0.22);
  checks.near("the top is at step 2", one_cycle(2, 10, 0.3, first, highest, last), 0.4);
  checks.near("it falls slowly at first", one_cycle(3, 10, 0.3, first, highest, last),
              0.38021357980690335);
  checks.near("and fastest in the middle", one_cycle(6, 10, 0.3, first, highest, last),
              0.1557403173955284);
  checks.near("it ends at the last rate", one_cycle(9, 10, 0.3, first, highest, last), 0.0004);
  double worst = 0;
  for (int step = 25; step + 1 < 100; ++step) {
    worst = std::max(
        worst, one_cycle(step + 1, 100, 0.25, 0.1, 1, 0) - one_cycle(step, 100, 0.25, 0.1, 1, 0));
  }
  checks.holds("behind the top it never rises", worst <= 1e-12, "it rises somewhere");
  return checks.report();
}
