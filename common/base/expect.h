// Several seeds as one number, and the bar that it must pass.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/run.h"

namespace common::base {

/// The spread of one metric over seeds.
struct Spread {
  std::string name;
  std::vector<double> values;  ///< one a seed
  double mean() const;
  /// Sample standard deviation (n - 1); 0 for one value.
  double deviation() const;
  /// What is no number among the values makes these three none either.
  double least() const;
  double middle() const;  ///< median()
  double most() const;
};

/// Returns the metric of that name; NAME_min, NAME_median and NAME_max stand for the least, the
/// middle and the most of NAME over the seeds. Nothing when there is none.
std::optional<Spread> find_spread(const std::vector<Spread>& measured, const std::string& name);

/// Returns each metric of the runs with its values in the order of the runs.
/// Errors: `Error` when the runs do not have the same metrics.
std::vector<Spread> spreads(const std::vector<Metrics>& runs);

/// Returns "0.9824 +- 0.0006 (5 seeds: 0.9817 ...)", or the one value.
std::string describe(const Spread& spread);

/// Returns the middle value, or the mean of the two in the middle. Args: at least one value.
double median(std::vector<double> values);

/// A bar such as test_accuracy>=0.982.
struct Expectation {
  std::string metric, comparison;
  double bar = 0;
  bool holds(double value) const;
};

/// Returns the parsed bar.
/// Errors: `Error` when `text` is not METRIC>=NUMBER (or <=, >, <, ==).
Expectation parse_expectation(const std::string& text);

/// Prints each expectation against the means; returns whether all hold.
/// Errors: `Error` when a metric does not exist, with the nearest name.
bool judge(const std::vector<Expectation>& expectations, const std::vector<Spread>& measured,
           Run& run);

}  // namespace common::base
