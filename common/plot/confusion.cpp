// The confusion matrix, drawn as a heat map of shares with counts in the cells.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "common/base/error.h"
#include "common/plot/heat_map.h"

namespace common::plot {
namespace {

int64_t class_count(const ConfusionMatrix& matrix) {
  const auto cells = static_cast<int64_t>(matrix.counts.size());
  const auto k = static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(cells))));
  base::require(k >= 1 && k * k == cells,
                "confusion matrix: " + std::to_string(cells) + " counts, wanted classes x classes");
  base::require(matrix.classes.empty() || static_cast<int64_t>(matrix.classes.size()) == k,
                "confusion matrix: " + std::to_string(matrix.classes.size()) + " names for " +
                    std::to_string(k) + " classes; give one each or none");
  base::require(std::all_of(matrix.counts.begin(), matrix.counts.end(),
                            [](int64_t count) { return count >= 0; }),
                "confusion matrix: a count is negative");
  return k;
}

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f%%", 100 * share);
  return text;
}

}  // namespace

std::vector<int64_t> confusion_counts(const std::vector<int64_t>& truth,
                                      const std::vector<int64_t>& predicted, int64_t classes) {
  base::require(truth.size() == predicted.size(),
                "confusion matrix: " + std::to_string(truth.size()) + " true classes and " +
                    std::to_string(predicted.size()) + " predicted; wanted as many of each");
  std::vector<int64_t> counts(static_cast<std::size_t>(classes * classes));
  for (std::size_t i = 0; i < truth.size(); ++i) {
    base::require(
        std::min(truth[i], predicted[i]) >= 0 && std::max(truth[i], predicted[i]) < classes,
        "confusion matrix: class " + std::to_string(truth[i]) + " answered as " +
            std::to_string(predicted[i]) + ", wanted 0 to " + std::to_string(classes - 1));
    ++counts[static_cast<std::size_t>(truth[i] * classes + predicted[i])];
  }
  return counts;
}

double accuracy(const ConfusionMatrix& matrix) {
  const int64_t k = class_count(matrix);
  int64_t right = 0;
  for (int64_t i = 0; i < k; ++i) right += matrix.counts[i * k + i];
  const int64_t all = std::accumulate(matrix.counts.begin(), matrix.counts.end(), int64_t{0});
  return all > 0 ? static_cast<double>(right) / static_cast<double>(all) : 0;
}

Picture draw(const ConfusionMatrix& matrix) {
  const int64_t k = class_count(matrix);
  HeatMap map;
  map.title =
      (matrix.title.empty() ? "" : matrix.title + ": ") + "accuracy " + percent(accuracy(matrix));
  map.x_label = "predicted";
  map.y_label = "true";
  map.rows = map.columns = k;
  for (int64_t row = 0; row < k; ++row) {
    const auto begin = matrix.counts.begin() + row * k;
    const int64_t sum = std::accumulate(begin, begin + k, int64_t{0});
    for (int64_t column = 0; column < k; ++column) {
      const int64_t count = begin[column];
      map.values.push_back(sum > 0 ? static_cast<double>(count) / static_cast<double>(sum) : 0);
      map.texts.push_back(std::to_string(count));
    }
    map.row_names.push_back(matrix.classes.empty() ? std::to_string(row) : matrix.classes[row]);
  }
  map.column_names = map.row_names;
  map.colours = ColourScale::kShade;
  map.bar_label = "share of the true class";
  map.range = Range{0, 1};
  return draw(map);
}

}  // namespace common::plot
