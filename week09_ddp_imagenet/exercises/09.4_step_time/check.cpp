#include "common/base/exercise.h"
#include "exercise.h"

int main() {
  common::base::Checks checks("09.4 the time of a step");
  // ResNet-50 at 224 px: 8.2 GFLOP forward, 25.6 million parameters, on GPUs that do 100 TFLOP/s.
  Setting s{1, 64, 8.2e9, 100e12, 102.4e6, 10e9};
  const double forward = 64 * 8.2e9 / 100e12, backward = 2 * forward;
  checks.near("one rank only computes", step_seconds(s), forward + backward);
  checks.near("and is its own measure", efficiency(s), 1);
  s.ranks = 8;
  const double sent = 2 * 7.0 / 8 * 102.4e6 / 10e9;
  checks.near("10 GB/s: the gradients take longer than backward", step_seconds(s), forward + sent);
  checks.near("which costs a third", efficiency(s), (forward + backward) / (forward + sent));
  s.bytes_per_s = 100e9;
  checks.near("100 GB/s: backward hides them", step_seconds(s), forward + backward);
  checks.near("and nothing is lost", efficiency(s), 1);
  s.bytes_per_s = 10e9;
  s.images = 256;
  checks.near("a larger batch hides them too", efficiency(s), 1);
  s.ranks = 2;
  s.images = 8;
  s.bytes_per_s = 125e6;  // gigabit Ethernet
  checks.holds("over gigabit Ethernet two ranks are slower than one", 2 * efficiency(s) < 1,
               "their efficiency should be below a half");
  return checks.report();
}
