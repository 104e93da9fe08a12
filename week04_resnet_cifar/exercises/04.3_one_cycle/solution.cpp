// Two half cosines that meet at the highest rate.
#include "exercise.h"

#include <cmath>
#include <numbers>

double one_cycle(int step, int steps, double rise, double first, double highest, double last) {
  const double top = rise * steps - 1;
  const auto half_cosine = [](double a, double b, double share) {
    return b + (a - b) / 2 * (1 + std::cos(std::numbers::pi * share));
  };
  if (step <= top) return half_cosine(first, highest, step / top);
  return half_cosine(highest, last, (step - top) / (steps - 1 - top));
}
