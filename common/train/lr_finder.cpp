#include "common/train/lr_finder.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "common/base/error.h"

namespace common::train {
namespace {

// Exponential average with weights that sum to 1 from the first value on.
std::vector<double> smooth(const std::vector<std::pair<double, double>>& points) {
  constexpr double kKeep = 0.9;
  std::vector<double> result;
  double average = 0, weight = 0;
  for (const auto& [rate, loss] : points) {
    if (!std::isfinite(loss)) break;
    average = kKeep * average + (1 - kKeep) * loss;
    weight = kKeep * weight + (1 - kKeep);
    result.push_back(average / weight);
  }
  return result;
}

}  // namespace

Schedule range_test(double first, double last, std::int64_t steps, double momentum) {
  base::require(first > 0 && last > first && steps >= 2,
                "a range test needs 0 < first rate < last rate and at least two steps");
  return [=](std::int64_t step) {
    const double share = static_cast<double>(step) / static_cast<double>(steps - 1);
    return Rates{first * std::pow(last / first, std::min(1.0, share)), momentum};
  };
}

LrSuggestion suggest_lr(const std::vector<std::pair<double, double>>& points) {
  LrSuggestion result;
  result.smoothed = smooth(points);
  const auto& loss = result.smoothed;
  base::require(loss.size() >= 10,
                "a range test needs ten finite losses, it has " + std::to_string(loss.size()));
  const auto least =
      static_cast<std::size_t>(std::min_element(loss.begin(), loss.end()) - loss.begin());
  result.diverges = points[loss.size() - 1].first;
  for (std::size_t i = least; i < loss.size(); ++i) {
    if (loss[i] > 4 * loss[least]) {
      result.diverges = points[i].first;
      break;
    }
  }
  double slope_at = 0;
  for (std::size_t i = 1; i <= least; ++i) {
    const double slope = (loss[i] - loss[i - 1]) / std::log(points[i].first / points[i - 1].first);
    if (slope < slope_at) {
      slope_at = slope;
      result.steepest = points[i].first;
    }
  }
  if (result.steepest == 0) result.steepest = points[0].first;
  result.max_lr = std::max(result.steepest, points[least].first / 10);
  return result;
}

bool diverged(const std::vector<std::pair<double, double>>& points) {
  if (!points.empty() && !std::isfinite(points.back().second)) return true;
  const auto loss = smooth(points);
  return loss.size() >= 20 && loss.back() > 4 * *std::min_element(loss.begin(), loss.end());
}

}  // namespace common::train
