#include "common/data/block_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace common::data {
namespace {

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};

struct Block {
  std::unique_ptr<void, Free> memory;
  std::size_t bytes = 0;
};

// From 4 MiB on in huge pages, where the system has them: fewer of them to find and to look up.
Block new_block(std::size_t bytes) {
  constexpr std::size_t kSmall = 64, kHuge = std::size_t{2} << 20;
  const std::size_t unit = bytes >= 2 * kHuge ? kHuge : kSmall;
  Block block;
  block.bytes = (std::max<std::size_t>(bytes, 1) + unit - 1) / unit * unit;
  block.memory.reset(std::aligned_alloc(unit, block.bytes));
  if (block.memory == nullptr) throw std::bad_alloc();
  if (unit == kHuge) ::madvise(block.memory.get(), block.bytes, MADV_HUGEPAGE);
  return block;
}

}  // namespace

struct BlockPool::State {
  std::mutex mutex;  // guards free
  std::vector<Block> free;
};

BlockPool::BlockPool() : state_(std::make_shared<State>()) {}

std::shared_ptr<void> BlockPool::take(std::size_t bytes) const {
  Block block;
  {
    const std::scoped_lock lock(state_->mutex);
    std::erase_if(state_->free, [&](const Block& b) { return b.bytes < bytes; });
    if (!state_->free.empty()) {
      block = std::move(state_->free.back());
      state_->free.pop_back();
    }
  }
  if (block.memory == nullptr) block = new_block(bytes);
  const auto owned = std::make_shared<Block>(std::move(block));
  void* const memory = owned->memory.get();
  return {memory, [owned, state = state_](void*) {
            const std::scoped_lock lock(state->mutex);
            state->free.push_back(std::move(*owned));
          }};
}

std::size_t BlockPool::free() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->free.size();
}

}  // namespace common::data
