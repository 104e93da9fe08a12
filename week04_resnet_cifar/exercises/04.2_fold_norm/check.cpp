#include "common/base/exercise.h"
#include "exercise.h"

namespace {

std::vector<double> apply(const Layer& layer, const std::vector<double>& x) {
  std::vector<double> y = layer.bias;
  for (std::size_t o = 0; o < y.size(); ++o) {
    for (std::size_t i = 0; i < x.size(); ++i) y[o] += layer.weight[o][i] * x[i];
  }
  return y;
}

std::vector<double> apply(const Norm& norm, std::vector<double> y) {
  for (std::size_t o = 0; o < y.size(); ++o) {
    y[o] = norm.scale[o] * (y[o] - norm.mean[o]) / std::sqrt(norm.variance[o] + norm.eps) +
           norm.shift[o];
  }
  return y;
}

}  // namespace

int main() {
  common::base::Checks checks("04.2 fold the norm");
  const Layer layer{{{1, -2, 0.5}, {0.25, 3, -1}}, {0.1, -0.7}};
  const Norm neutral{{1, 1}, {0, 0}, {0, 0}, {1, 1}, 0};
  const Norm shifted{{1, 1}, {0.5, -2}, {0, 0}, {1, 1}, 0};
  const Norm centred{{1, 1}, {0, 0}, {3, -1}, {1, 1}, 0};
  const Norm scaled{{2, -0.5}, {0, 0}, {0, 0}, {4, 0.25}, 0};
  const Norm all{{2, -0.5}, {0.5, -2}, {3, -1}, {4, 0.01}, 1e-2};
  const std::vector<double> x = {0.3, -1.1, 2.5};
  const auto check = [&](const char* what, const Norm& norm) {
    checks.near(what, apply(fold(layer, norm), x), apply(norm, apply(layer, x)));
  };
  check("a norm that changes nothing", neutral);
  check("shift", shifted);
  check("mean", centred);
  check("scale and variance", scaled);
  check("all of it, with eps", all);
  return checks.report();
}
