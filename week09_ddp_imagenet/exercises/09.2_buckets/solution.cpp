// From the back; a full bucket is closed.
#include "exercise.h"

#include <cstddef>

std::vector<std::vector<int>> buckets(const std::vector<int>& bytes, int first_limit, int limit) {
  std::vector<std::vector<int>> all;
  int filled = 0;
  bool open = false;
  for (int i = static_cast<int>(bytes.size()) - 1; i >= 0; --i) {
    if (!open) all.emplace_back();
    all.back().push_back(i);
    filled = (open ? filled : 0) + bytes[static_cast<std::size_t>(i)];
    open = filled < (all.size() == 1 ? first_limit : limit);
  }
  return all;
}
