// Exercise 01.2: the backward pass of one layer, as loops.
#pragma once

#include <cstddef>
#include <vector>

/// A matrix [rows, columns], row by row.
struct Matrix {
  int rows = 0, columns = 0;
  std::vector<double> values;

  Matrix(int rows_, int columns_)
      : rows(rows_), columns(columns_), values(static_cast<std::size_t>(rows_ * columns_)) {}
  double& at(int r, int c) { return values[static_cast<std::size_t>(r * columns + c)]; }
  double at(int r, int c) const { return values[static_cast<std::size_t>(r * columns + c)]; }
};

/// What backward hands on.
struct LayerGradient {
  Matrix dw;               // [N, M]
  std::vector<double> db;  // [M]
  Matrix da;               // [B, N]
};

/// The layer computes z = a w + b with a [B, N], w [N, M], b [M], z [B, M]. Given dz [B, M], the
/// derivative of the loss by z, return its derivatives by w, b and a.
LayerGradient backward(const Matrix& a, const Matrix& w, const Matrix& dz);
