// The painted field of a decision map: who wins where, how surely, and the boundary between.
#include "common/plot/internal/decision_field.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace common::plot::internal {
namespace {

constexpr int kNoClass = -1;

// The winning class of every canvas pixel and how sure it is, 0 (as good as another) to 1.
struct Field {
  cv::Mat1i winner;
  cv::Mat1d sureness;
};

// One number of each cell, upside down as pictures are, magnified to `size`.
cv::Mat1d magnified(const DecisionMap& map, int64_t channel, int64_t channels, cv::Size size,
                    int how) {
  cv::Mat1d cells(static_cast<int>(map.rows), static_cast<int>(map.columns));
  for (int row = 0; row < cells.rows; ++row) {
    for (int column = 0; column < cells.cols; ++column) {
      const int64_t cell = (map.rows - 1 - row) * map.columns + column;
      cells(row, column) = map.values[cell * channels + channel];
    }
  }
  cv::Mat1d result;
  cv::resize(cells, result, size, 0, 0, how);
  return result;
}

Field field_of_indices(const DecisionMap& map, cv::Size size) {
  const cv::Mat1d index = magnified(map, 0, 1, size, cv::INTER_NEAREST);
  Field field{cv::Mat1i(size, kNoClass), cv::Mat1d(size, 1.0)};
  for (int row = 0; row < size.height; ++row) {
    for (int column = 0; column < size.width; ++column) {
      const double value = std::round(index(row, column));
      if (value >= 0 && value < static_cast<double>(map.classes)) {
        field.winner(row, column) = static_cast<int>(value);
      }
    }
  }
  return field;
}

Field field_of_binary(const DecisionMap& map, cv::Size size) {
  const cv::Mat1d p = magnified(map, 0, 1, size, cv::INTER_LINEAR);
  Field field{cv::Mat1i(size, kNoClass), cv::Mat1d(size, 0.0)};
  for (int row = 0; row < size.height; ++row) {
    for (int column = 0; column < size.width; ++column) {
      const double value = p(row, column);
      if (std::isnan(value)) continue;
      field.winner(row, column) = value > 0.5 ? 1 : 0;
      field.sureness(row, column) = std::min(1.0, std::abs(2 * value - 1));
    }
  }
  return field;
}

Field field_of_probabilities(const DecisionMap& map, cv::Size size) {
  Field field{cv::Mat1i(size, kNoClass), cv::Mat1d(size, 0.0)};
  cv::Mat1d best(size, -1.0);
  for (int64_t k = 0; k < map.classes; ++k) {
    const cv::Mat1d p = magnified(map, k, map.classes, size, cv::INTER_LINEAR);
    for (int row = 0; row < size.height; ++row) {
      for (int column = 0; column < size.width; ++column) {
        if (!(p(row, column) > best(row, column))) continue;
        best(row, column) = p(row, column);
        field.winner(row, column) = static_cast<int>(k);
      }
    }
  }
  const double chance = 1.0 / static_cast<double>(map.classes);
  field.sureness = cv::max(0.0, cv::min(1.0, (best - chance) / (1 - chance)));
  return field;
}

Field field_of(const DecisionMap& map, cv::Size size) {
  if (is_probability_of_each(map)) return field_of_probabilities(map, size);
  return map.classes == 2 ? field_of_binary(map, size) : field_of_indices(map, size);
}

// The colours of one class from unsure to sure, and of no class: looked up for millions of pixels.
class FieldColours {
 public:
  explicit FieldColours(int64_t classes) {
    for (int64_t k = 0; k < classes; ++k) {
      for (int level = 0; level < kLevels; ++level) {
        const Colour c = mix(kPaper, palette(k), 0.08 + 0.47 * level / (kLevels - 1));
        table_.emplace_back(c.r, c.g, c.b);
      }
    }
  }
  cv::Vec3b at(int winner, double sureness) const {
    if (winner == kNoClass) return {190, 190, 190};
    return table_[winner * kLevels + static_cast<int>(sureness * (kLevels - 1) + 0.5)];
  }

 private:
  static constexpr int kLevels = 256;
  std::vector<cv::Vec3b> table_;
};

// Marks the pixels within `reach` of another class.
cv::Mat1b boundary_of(const cv::Mat1i& winner, int reach) {
  cv::Mat1b edge(winner.size(), uint8_t{0});
  for (int row = 0; row < winner.rows; ++row) {
    for (int column = 0; column < winner.cols; ++column) {
      const int here = winner(row, column);
      const bool differs = (row + 1 < winner.rows && winner(row + 1, column) != here) ||
                           (column + 1 < winner.cols && winner(row, column + 1) != here);
      edge(row, column) = differs ? 255 : 0;
    }
  }
  const cv::Mat disc =
      cv::getStructuringElement(cv::MORPH_ELLIPSE, cv::Size(2 * reach + 1, 2 * reach + 1));
  cv::dilate(edge, edge, disc);
  return edge;
}

}  // namespace

bool is_probability_of_each(const DecisionMap& map) {
  return static_cast<int64_t>(map.values.size()) == map.rows * map.columns * map.classes;
}

void draw_field(Canvas& canvas, const DecisionMap& map, const Box& plot) {
  cv::Mat3b pixels = canvas.area(plot);
  if (pixels.empty()) return;
  const Field field = field_of(map, pixels.size());
  const int reach = std::max(1, static_cast<int>(std::lround(pixels.cols / plot.width() * 0.7)));
  const FieldColours colours(map.classes);
  const cv::Mat1b edge = boundary_of(field.winner, reach);
  for (int row = 0; row < pixels.rows; ++row) {
    for (int column = 0; column < pixels.cols; ++column) {
      pixels(row, column) = edge(row, column) != 0 ? cv::Vec3b(70, 70, 70)
                                                   : colours.at(field.winner(row, column),
                                                                field.sureness(row, column));
    }
  }
}

}  // namespace common::plot::internal
