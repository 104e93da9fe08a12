// What becomes of memory that tensors no longer use.
#pragma once

#include <malloc.h>

#include <limits>

namespace common::base {

/// Keeps freed memory for the next tensors. The C library otherwise returns large blocks to the
/// system, which zeroes them, page by page, when they are asked for again. What the process holds
/// stays at its highest. To be called first in main(); does nothing without glibc.
inline void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kMost = std::numeric_limits<int>::max();  // bytes
  // Before 2.35 glibc takes 32 MB at most.
  if (mallopt(M_MMAP_THRESHOLD, kMost) == 0) mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, kMost);
#endif
}

}  // namespace common::base
