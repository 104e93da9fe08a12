// Who takes part in a training: how many processes there are and which of them this one is.
#pragma once

#include <cstdint>

namespace common::dist {

/// `World{}` is a world of one: what is written for many ranks runs unchanged in one process.
struct World {
  std::int64_t rank = 0;  ///< of this process, from 0
  std::int64_t size = 1;  ///< processes in all

  bool is_main() const { return rank == 0; }
};

}  // namespace common::dist
