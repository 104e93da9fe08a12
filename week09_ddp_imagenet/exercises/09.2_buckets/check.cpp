#include "common/base/exercise.h"
#include "exercise.h"

int main() {
  common::base::Checks checks("09.2 buckets");
  using Buckets = std::vector<std::vector<int>>;
  checks.holds("backward begins at the last parameter",
               buckets({10, 10, 10}, 1, 1) == Buckets{{2}, {1}, {0}}, "the order is another");
  checks.holds("small ones travel together",
               buckets({4, 4, 4, 4, 4}, 8, 8) == Buckets{{4, 3}, {2, 1}, {0}},
               "wanted {4, 3}, {2, 1}, {0}");
  checks.holds("the first bucket leaves early",
               buckets({6, 6, 6, 6, 2}, 2, 12) == Buckets{{4}, {3, 2}, {1, 0}},
               "wanted {4}, {3, 2}, {1, 0}");
  checks.holds("a large one closes its bucket",
               buckets({1, 100, 1, 1}, 5, 50) == Buckets{{3, 2, 1}, {0}}, "wanted {3, 2, 1}, {0}");
  checks.holds("no parameters, no buckets", buckets({}, 5, 50).empty(), "there is one");
  return checks.report();
}
