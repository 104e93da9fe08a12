// Heat map of a matrix with its values printed, and the confusion matrix of a classifier.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/plot/axes.h"
#include "common/plot/colour_scale.h"
#include "common/plot/picture.h"

namespace common::plot {

/// A matrix with names.
struct HeatMap {
  std::string title = {};
  std::string x_label = {};  // what the columns are
  std::string y_label = {};  // what the rows are
  int64_t rows = 0;
  int64_t columns = 0;
  std::vector<double> values = {};          // [rows, columns], row 0 on top; NaN is painted grey
  std::vector<std::string> row_names = {};  // one each, or none at all
  std::vector<std::string> column_names = {};
  std::vector<std::string> texts = {};             // printed in the cells instead of the values
  ColourScale colours = ColourScale::kSequential;  // kPlain is grey
  std::string bar_label = {};                      // what the colours are
  std::optional<Range> range = {};  // default: what the values span, symmetric if diverging
  bool print_values = true;         // left out anyway where cells are too small
  int digits = 3;                   // significant digits of the printed values
};

/// Returns the heat map with a colour bar; the picture grows with the matrix.
/// Errors: `Error` when the numbers of values, names or texts do not fit, or there are no cells.
Picture draw(const HeatMap& map);

/// How often each true class was answered with each class.
struct ConfusionMatrix {
  std::string title = {};                 // the accuracy is added: "title: accuracy 97.3%"
  std::vector<std::string> classes = {};  // K names; empty: 0, 1, 2, ...
  std::vector<int64_t> counts = {};       // [K, K]: row is the true class, column the predicted
};

/// Returns counts [K, K] of the pairs; `truth` and `predicted` hold classes 0..K-1.
/// Errors: `Error` when the lengths differ or a class is out of range.
std::vector<int64_t> confusion_counts(const std::vector<int64_t>& truth,
                                      const std::vector<int64_t>& predicted, int64_t classes);

/// Returns the diagonal's share of all counts, 0 when there are none.
double accuracy(const ConfusionMatrix& matrix);

/// Returns the matrix: counts printed, colour is the share of the true class (of the row).
/// Errors: `Error` when counts is not K x K with K >= 1, is negative, or the names are not K.
Picture draw(const ConfusionMatrix& matrix);

}  // namespace common::plot
