// Exercise 01.4: find wrong gradients.
#pragma once

#include <functional>
#include <vector>

/// A function of x [P], and what somebody says is its gradient at x, [P].
using Function = std::function<double(const std::vector<double>&)>;
using Gradient = std::function<std::vector<double>(const std::vector<double>&)>;

/// Returns the largest error of the claimed gradient over the P coordinates at x, relative to size:
///   |claimed - difference| / max(1, |claimed|, |difference|)
/// where difference is (f(x + h e_i) - f(x - h e_i)) / 2h. Choose h yourself: too large and the
/// curvature shows, too small and rounding does.
double gradient_error(const Function& f, const Gradient& claimed, const std::vector<double>& x);
