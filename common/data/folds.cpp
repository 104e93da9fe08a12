#include "common/data/folds.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string>

#include "common/base/error.h"
#include "common/base/random.h"

namespace common::data {

Split split(std::int64_t n, double test_fraction, std::uint64_t seed) {
  base::require(
      test_fraction > 0 && test_fraction < 1,
      "split: wanted a test fraction between 0 and 1, found " + std::to_string(test_fraction));
  const std::int64_t held_out = std::llround(static_cast<double>(n) * test_fraction);
  base::require(held_out >= 1 && held_out < n,
                "split: " + std::to_string(n) + " samples with a test fraction of " +
                    std::to_string(test_fraction) + " leave one part empty");
  const std::vector<std::int64_t> order = base::Random(seed).permutation(n);
  const auto middle = order.begin() + held_out;
  Split parts{{middle, order.end()}, {order.begin(), middle}};
  std::sort(parts.train.begin(), parts.train.end());
  std::sort(parts.test.begin(), parts.test.end());
  return parts;
}

std::vector<Split> stratified_folds(const std::vector<std::int64_t>& labels, std::int64_t folds,
                                    std::uint64_t seed) {
  const auto n = static_cast<std::int64_t>(labels.size());
  base::require(folds >= 2 && folds <= n, "stratified_folds: wanted 2 to " + std::to_string(n) +
                                              " folds, found " + std::to_string(folds));
  std::map<std::int64_t, std::vector<std::int64_t>> samples_of;  // class -> its samples
  for (std::int64_t i = 0; i < n; ++i) samples_of[labels[static_cast<std::size_t>(i)]].push_back(i);

  // Dealt like cards, class after class without starting again at the first fold: so both every
  // class and the whole are spread evenly.
  base::Random random(seed);
  std::vector<std::int64_t> fold_of(labels.size());
  std::int64_t next = 0;
  for (auto& [label, samples] : samples_of) {
    random.shuffle(samples);
    for (const std::int64_t sample : samples) {
      fold_of[static_cast<std::size_t>(sample)] = next++ % folds;
    }
  }
  std::vector<Split> result(static_cast<std::size_t>(folds));
  for (std::int64_t fold = 0; fold < folds; ++fold) {
    Split& parts = result[static_cast<std::size_t>(fold)];
    for (std::int64_t i = 0; i < n; ++i) {
      (fold_of[static_cast<std::size_t>(i)] == fold ? parts.test : parts.train).push_back(i);
    }
  }
  return result;
}

}  // namespace common::data
