#include "week01_mlp_xor/plane.h"

namespace week01 {
using torch::Tensor;
namespace {

constexpr double kHand = 1.2;

// Returns x as it was given, [N, 2]; a feature that was constant is its mean.
Tensor unscaled(const Samples& samples, const Scaling& scaling) {
  if (samples.size() == 0) return torch::empty({0, 2}, torch::kFloat64);
  if (scaling.mean.empty()) return samples.x;
  const Tensor scale = torch::tensor(scaling.scale, torch::kFloat64);  // [2]
  const Tensor deviation = torch::where(scale > 0, 1 / scale, 0.0);    // [2]
  return samples.x * deviation + torch::tensor(scaling.mean, torch::kFloat64);
}

// Both ends of one axis: the points and a tenth of their range on each side.
std::array<double, 2> range_of(const Tensor& x) {
  const double low = x.min().item<double>(), high = x.max().item<double>();
  const double margin = high > low ? (high - low) / 10 : 1;
  return {low - margin, high + margin};
}

}  // namespace

View view_of(const Problem& problem) {
  if (problem.name == "xor") return {-0.5, 1.5, -0.5, 1.5};
  const Tensor x = torch::cat({unscaled(problem.train, problem.scaling),
                               unscaled(problem.test, problem.scaling)});  // [N, 2]
  if (x.size(0) == 0) return {-kHand, kHand, -kHand, kHand};
  const double reach = x.abs().max().item<double>();
  if (problem.name != "own") return {-1.1 * reach, 1.1 * reach, -1.1 * reach, 1.1 * reach};
  if (reach <= kHand && (reach > 0.1 || x.size(0) < 10)) return {-kHand, kHand, -kHand, kHand};
  const auto horizontal = range_of(x.select(1, 0)), vertical = range_of(x.select(1, 1));
  return {horizontal[0], horizontal[1], vertical[0], vertical[1]};
}

Tensor cell_centres(const View& view, int64_t n, const Scaling& scaling) {
  const auto centres = [&](double from, double to) {
    return (torch::arange(n, torch::kFloat64) + 0.5) * ((to - from) / static_cast<double>(n)) +
           from;  // [n]
  };
  const Tensor x = centres(view[0], view[1]).repeat({n});
  const Tensor y = centres(view[2], view[3]).repeat_interleave(n);
  const Tensor plane = torch::stack({x, y}, /*dim=*/1);
  if (scaling.mean.empty()) return plane;
  return (plane - torch::tensor(scaling.mean, torch::kFloat64)) *
         torch::tensor(scaling.scale, torch::kFloat64);
}

common::base::Json points_json(const Samples& samples, const Scaling& scaling) {
  common::base::Json points = common::base::Json::array();
  const Tensor x = unscaled(samples, scaling).contiguous();
  for (int64_t i = 0; i < samples.size(); ++i) {
    points.push_back({x.data_ptr<double>()[2 * i], x.data_ptr<double>()[2 * i + 1],
                      samples.label.data_ptr<int64_t>()[i]});
  }
  return points;
}

}  // namespace week01
