#include "common/base/exercise.h"
#include "exercise.h"

namespace {

// Steps needed to bring x^2/2 + 25 y^2 / 2 from (10, 1) below 1e-6: a narrow valley.
int steps_down_the_valley(double momentum) {
  std::vector<double> at = {10, 1}, velocity = {0, 0};
  for (int step = 1; step <= 2000; ++step) {
    nesterov_step(at, velocity, {at[0], 25 * at[1]}, 0.03, momentum);
    if (at[0] * at[0] / 2 + 25 * at[1] * at[1] / 2 < 1e-6) return step;
  }
  return 2001;
}

}  // namespace

int main() {
  common::base::Checks checks("01.3 nesterov");
  std::vector<double> at = {1, -2}, velocity = {0, 0};
  nesterov_step(at, velocity, {0.5, 1}, /*lr=*/0.1, /*momentum=*/0.9);
  checks.near("velocity after the first step is the gradient", velocity, {0.5, 1});
  checks.near("parameters after the first step", at, {1 - 0.1 * 0.95, -2 - 0.1 * 1.9});
  nesterov_step(at, velocity, {0.5, 1}, 0.1, 0.9);
  checks.near("velocity after the second step", velocity, {0.95, 1.9});
  checks.near("parameters after the second step", at,
              {1 - 0.1 * 0.95 - 0.1 * (0.5 + 0.9 * 0.95), -2 - 0.1 * 1.9 - 0.1 * (1 + 0.9 * 1.9)});
  std::vector<double> plain = {1}, still = {0};
  nesterov_step(plain, still, {1}, 0.1, /*momentum=*/0);
  checks.near("without momentum it is gradient descent", plain, {0.9});
  const int descent = steps_down_the_valley(0), nesterov = steps_down_the_valley(0.8);
  checks.holds("a narrow valley takes fewer steps with momentum (" + std::to_string(nesterov) +
                   " and " + std::to_string(descent) + ")",
               nesterov * 2 < descent, "it should take less than half as many");
  return checks.report();
}
