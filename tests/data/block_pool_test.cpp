#include "common/data/block_pool.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

namespace {
using common::data::BlockPool;

constexpr std::size_t kMiB = std::size_t{1} << 20;

TEST(BlockPool, ABlockServesAgainWhenItsLastOwnerLetsGo) {
  const BlockPool pool;
  auto block = pool.take(1000);
  void* const first = block.get();
  auto copy = block;
  block.reset();
  EXPECT_EQ(pool.free(), 0u);  // the copy owns it
  EXPECT_NE(pool.take(1000).get(), first);
  copy.reset();
  EXPECT_EQ(pool.free(), 2u);
  const auto a = pool.take(1000), b = pool.take(900);
  EXPECT_TRUE(a.get() == first || b.get() == first);
  EXPECT_EQ(pool.free(), 0u);
}

TEST(BlockPool, SmallerOnesAreLetGo) {
  const BlockPool pool;
  { const auto a = pool.take(1000), b = pool.take(1000); }
  EXPECT_EQ(pool.free(), 2u);
  { const auto large = pool.take(5 * kMiB); }
  EXPECT_EQ(pool.free(), 1u);
  { const auto small = pool.take(1000); }  // fits into the large one
  EXPECT_EQ(pool.free(), 1u);
}

TEST(BlockPool, NothingAndALotAreBlocksToo) {
  const BlockPool pool;
  EXPECT_NE(pool.take(0), nullptr);
  const auto large = pool.take(5 * kMiB + 1);
  std::memset(large.get(), 1, 5 * kMiB + 1);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(large.get()) % (2 * kMiB), 0u);
}

TEST(BlockPool, BlocksOutliveThePool) {
  std::shared_ptr<void> block;
  { block = BlockPool().take(100); }
  std::memset(block.get(), 1, 100);
}

TEST(BlockPool, ManyThreadsShareOne) {
  const BlockPool pool;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&pool, t] {
      for (int i = 0; i < 1000; ++i) {
        const auto block = pool.take(64);
        std::memset(block.get(), t, 64);
        const auto* const bytes = static_cast<const unsigned char*>(block.get());
        for (int k = 0; k < 64; ++k) ASSERT_EQ(bytes[k], t);  // nobody else has it
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_LE(pool.free(), 4u);
}

}  // namespace
