#include "common/base/exercise.h"
#include "exercise.h"

namespace {

// log(sum exp x): its gradient is softmax(x).
double log_sum_exp(const std::vector<double>& x) {
  double sum = 0;
  for (const double value : x) sum += std::exp(value);
  return std::log(sum);
}

std::vector<double> softmax(const std::vector<double>& x) {
  std::vector<double> p;
  for (const double value : x) p.push_back(std::exp(value - log_sum_exp(x)));
  return p;
}

}  // namespace

int main() {
  common::base::Checks checks("01.4 gradient check");
  const std::vector<double> x = {0.3, -1.2, 2.0, 0.7};
  const auto error = [&](const Gradient& claimed) {
    return gradient_error(log_sum_exp, claimed, x);
  };
  const auto changed = [&](std::size_t i, double by) {
    return [=](const std::vector<double>& at) {
      auto p = softmax(at);
      p[i] += by;
      return p;
    };
  };
  checks.near("a right gradient has an error below 1e-8", error(softmax), 0, 1e-8);
  checks.near("an error of 0.01 in the last coordinate is found", error(changed(3, 0.01)), 0.01,
              1e-6);
  checks.near("an error of 0.001 in the first is found", error(changed(0, -0.001)), 0.001, 1e-6);
  const Gradient forgot = [](const std::vector<double>& at) {
    auto p = softmax(at);
    for (double& value : p) value *= 2;  // somebody forgot a half
    return p;
  };
  checks.holds("a factor of two is found", error(forgot) > 0.1,
               "found " + std::to_string(error(forgot)));
  // Far from zero the error is relative: 1e-3 of a slope of 1000 is small.
  const Function steep = [](const std::vector<double>& at) { return 500 * at[0] * at[0]; };
  const Gradient near = [](const std::vector<double>& at) {
    return std::vector<double>{1000 * at[0] + 1e-3};
  };
  checks.near("errors are relative to the size of the slope", gradient_error(steep, near, {1}),
              1e-6, 2e-7);
  checks.near("x is as it was", x, {0.3, -1.2, 2.0, 0.7});
  return checks.report();
}
