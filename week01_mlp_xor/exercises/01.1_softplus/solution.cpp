// log(1 + e^z) = max(z, 0) + log(1 + e^-|z|): the exponent is never positive. The slope is sigmoid.
#include "exercise.h"

#include <algorithm>
#include <cmath>

double softplus(double z) { return std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z))); }

double softplus_slope(double z) { return 1 / (1 + std::exp(-z)); }
