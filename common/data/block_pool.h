// Memory that is used again: for batches, which are large and all of one size.
#pragma once

#include <cstddef>
#include <memory>

namespace common::data {

/// Blocks of memory that come back when their last owner lets go and then serve the next one.
/// New memory is zeroed by the system, page by page, when it is first written; for a batch of 38 MB
/// that takes longer than to decode its images. Several threads may take blocks at once; blocks may
/// outlive the pool.
class BlockPool {
 public:
  BlockPool();

  /// Returns a block of `bytes` or more; what is in it is left from before. Free ones that are too
  /// small are freed. Errors: `std::bad_alloc`.
  std::shared_ptr<void> take(std::size_t bytes) const;

  /// Returns how many blocks are free.
  std::size_t free() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace common::data
