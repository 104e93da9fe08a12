// Splits of N samples into training and held-out parts, the same on every machine.
#pragma once

#include <cstdint>
#include <vector>

namespace common::data {

/// Which samples are trained on and which are held out; both ascending, together 0..N-1.
struct Split {
  std::vector<std::int64_t> train, test;
};

/// Holds out round(n * test_fraction) of n samples, drawn at random.
/// Errors: `Error` unless 0 < test_fraction < 1 and both parts get a sample.
Split split(std::int64_t n, double test_fraction, std::uint64_t seed);

/// Returns `folds` splits in which each sample is held out once. Every class is spread evenly: of a
/// class with m samples each fold holds out floor(m / folds) or one more, and the sizes of the
/// folds differ by at most one.
/// Errors: `Error` unless 2 <= folds <= number of samples.
std::vector<Split> stratified_folds(const std::vector<std::int64_t>& labels, std::int64_t folds,
                                    std::uint64_t seed);

}  // namespace common::data
