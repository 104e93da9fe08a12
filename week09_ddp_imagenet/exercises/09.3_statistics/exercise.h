// Exercise 09.3: batch norm over several ranks.
#pragma once

#include <vector>

/// Mean and variance (divided by the count, not by one less) of a rank's numbers.
struct Statistics {
  double count = 0, mean = 0, variance = 0;
};

/// Returns the statistics of all ranks' numbers together, from those of each rank alone. A rank may
/// have no numbers; one at least has some. The numbers may be large and close together: with means
/// of a million and deviations of one, the variance must still be right to ten digits.
Statistics together(const std::vector<Statistics>& ranks);
