#include "common/base/exercise.h"
#include "exercise.h"

namespace {

// Numbers without pattern, the same every time.
void fill(std::vector<double>& values, double phase) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = std::sin(phase + 1.7 * static_cast<double>(i));
  }
}

// A loss whose derivative by z is dz: the sum of dz * z.
double loss(const Matrix& a, const Matrix& w, const std::vector<double>& b, const Matrix& dz) {
  double sum = 0;
  for (int i = 0; i < a.rows; ++i) {
    for (int k = 0; k < w.columns; ++k) {
      double z = b[static_cast<std::size_t>(k)];
      for (int j = 0; j < w.rows; ++j) z += a.at(i, j) * w.at(j, k);
      sum += dz.at(i, k) * z;
    }
  }
  return sum;
}

// Central differences of the loss by each of `values`, which loss() reads.
template <class Loss>
std::vector<double> differences(std::vector<double>& values, const Loss& value_of_loss) {
  std::vector<double> slopes;
  for (double& value : values) {
    const double kept = value;
    value = kept + 1e-4;
    const double above = value_of_loss();
    value = kept - 1e-4;
    const double below = value_of_loss();
    value = kept;
    slopes.push_back((above - below) / 2e-4);
  }
  return slopes;
}

}  // namespace

int main() {
  common::base::Checks checks("01.2 backward");
  for (const int batch : {1, 5}) {
    Matrix a(batch, 3), w(3, 2), dz(batch, 2);
    std::vector<double> b(2);
    fill(a.values, 0.1);
    fill(w.values, 2.3);
    fill(dz.values, 4.1);
    fill(b, 0.5);
    const LayerGradient found = backward(a, w, dz);
    const auto now = [&] { return loss(a, w, b, dz); };
    const std::string of = " for a batch of " + std::to_string(batch);
    checks.near("dw" + of, found.dw.values, differences(w.values, now));
    checks.near("db" + of, found.db, differences(b, now));
    checks.near("da" + of, found.da.values, differences(a.values, now));
  }
  return checks.report();
}
