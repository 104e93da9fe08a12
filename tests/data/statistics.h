// What tests of random draws measure.
#pragma once

#include <ATen/ATen.h>

#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

namespace tests {

inline std::vector<double> values(const at::Tensor& x) {
  const at::Tensor flat = x.to(at::kDouble).contiguous().view({-1});
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

inline double mean_of(const std::vector<double>& x) {
  return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}

inline double variance_of(const std::vector<double>& x) {
  const double mean = mean_of(x);
  double sum = 0;
  for (const double v : x) sum += (v - mean) * (v - mean);
  return sum / static_cast<double>(x.size() - 1);
}

// Pearson's statistic of counts that should be equal: about their number, with a deviation of the
// root of twice that.
inline double chi_square(const std::vector<int64_t>& counts) {
  const auto total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), int64_t{0}));
  const double wanted = total / static_cast<double>(counts.size());
  double sum = 0;
  for (const auto n : counts) sum += std::pow(static_cast<double>(n) - wanted, 2) / wanted;
  return sum;
}

}  // namespace tests
