// Rounding costs about 1e-16 / h, curvature about h^2: both are near 1e-11 for h = 1e-5.
#include "exercise.h"

#include <algorithm>
#include <cmath>

double gradient_error(const Function& f, const Gradient& claimed, const std::vector<double>& x) {
  constexpr double kStep = 1e-5;
  const std::vector<double> gradient = claimed(x);
  double largest = 0;
  std::vector<double> moved = x;
  for (std::size_t i = 0; i < x.size(); ++i) {
    moved[i] = x[i] + kStep;
    const double above = f(moved);
    moved[i] = x[i] - kStep;
    const double below = f(moved);
    moved[i] = x[i];
    const double difference = (above - below) / (2 * kStep);
    const double size = std::max({1.0, std::abs(gradient[i]), std::abs(difference)});
    largest = std::max(largest, std::abs(gradient[i] - difference) / size);
  }
  return largest;
}
