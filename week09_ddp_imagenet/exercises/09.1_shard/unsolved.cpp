// Your part: where does the batch begin and end? Which of its images are this rank's?
#include "exercise.h"

std::vector<int> shard(const std::vector<int>& order, int batch, int batch_size, int rank,
                       int ranks) {
  (void)batch, (void)batch_size, (void)rank, (void)ranks;  // remove this line
  return order;
}
