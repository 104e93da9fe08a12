// Your part: compare each coordinate of the claimed gradient with a central difference.
#include "exercise.h"

#include <cmath>

double gradient_error(const Function& f, const Gradient& claimed, const std::vector<double>& x) {
  (void)f;
  (void)claimed;
  (void)x;
  return 0;
}
