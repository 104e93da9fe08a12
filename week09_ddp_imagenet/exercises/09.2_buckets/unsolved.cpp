// Your part: go through the parameters from the last; when is a bucket full?
#include "exercise.h"

std::vector<std::vector<int>> buckets(const std::vector<int>& bytes, int first_limit, int limit) {
  (void)bytes, (void)first_limit, (void)limit;  // remove this line
  return {};
}
