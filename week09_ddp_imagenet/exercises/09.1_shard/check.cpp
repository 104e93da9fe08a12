#include <algorithm>
#include <numeric>

#include "common/base/exercise.h"
#include "exercise.h"

int main() {
  common::base::Checks checks("09.1 shards");
  std::vector<int> order(103);
  for (int i = 0; i < 103; ++i) order[static_cast<size_t>(i)] = (i * 37 + 5) % 103;
  for (const int ranks : {1, 2, 3, 7}) {
    const std::string with = " with " + std::to_string(ranks) + " ranks";
    bool whole = true, even = true;
    for (int batch = 0; batch < 6; ++batch) {  // of 20 images, the last of 3
      std::vector<int> all;
      size_t least = 1000, most = 0;
      for (int rank = 0; rank < ranks; ++rank) {
        const auto part = shard(order, batch, 20, rank, ranks);
        all.insert(all.end(), part.begin(), part.end());
        least = std::min(least, part.size());
        most = std::max(most, part.size());
      }
      std::vector<int> wanted(order.begin() + 20 * batch,
                              order.begin() + std::min(20 * batch + 20, 103));
      std::sort(all.begin(), all.end());
      std::sort(wanted.begin(), wanted.end());
      whole = whole && all == wanted;
      even = even && most - least <= 1;
    }
    checks.holds("the parts make the batch" + with, whole, "images are missing, or come twice");
    checks.holds("the parts are even" + with, even, "one rank has more than one image more");
  }
  return checks.report();
}
