// A variance of all is the mean of the ranks' variances plus the variance of their means.
#include "exercise.h"

Statistics together(const std::vector<Statistics>& ranks) {
  Statistics all;
  for (const Statistics& rank : ranks) all.count += rank.count;
  for (const Statistics& rank : ranks) all.mean += rank.count / all.count * rank.mean;
  for (const Statistics& rank : ranks) {
    const double apart = rank.mean - all.mean;
    all.variance += rank.count / all.count * (rank.variance + apart * apart);
  }
  return all;
}
