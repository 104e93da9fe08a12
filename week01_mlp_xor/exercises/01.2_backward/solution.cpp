// dw = a^T dz, db = column sums of dz, da = dz w^T: every product a[i][j] w[j][k] in z[i][k] sends
// dz[i][k] a[i][j] to w and dz[i][k] w[j][k] to a.
#include "exercise.h"

LayerGradient backward(const Matrix& a, const Matrix& w, const Matrix& dz) {
  LayerGradient gradient{Matrix(w.rows, w.columns),
                         std::vector<double>(static_cast<std::size_t>(w.columns)),
                         Matrix(a.rows, a.columns)};
  for (int i = 0; i < dz.rows; ++i) {
    for (int k = 0; k < dz.columns; ++k) {
      gradient.db[static_cast<std::size_t>(k)] += dz.at(i, k);
      for (int j = 0; j < a.columns; ++j) {
        gradient.dw.at(j, k) += a.at(i, j) * dz.at(i, k);
        gradient.da.at(i, j) += dz.at(i, k) * w.at(j, k);
      }
    }
  }
  return gradient;
}
