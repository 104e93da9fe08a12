// Your part: replace the two returns.
#include "exercise.h"

#include <cmath>

double softplus(double z) {
  return z;  // log(1 + e^z), without overflow
}

double softplus_slope(double z) {
  return 1 + 0 * z;  // the derivative of log(1 + e^z)
}
