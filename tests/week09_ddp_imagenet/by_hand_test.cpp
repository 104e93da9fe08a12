#include "week09_ddp_imagenet/by_hand.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace {
using namespace week09::by_hand;
using at::Tensor;
using common::dist::World;

// Ranks that are threads: what one sends lies in a queue until it is received.
class Threads {
 public:
  explicit Threads(std::int64_t size) : size_(size) {}

  void run(const std::function<void(const World&)>& rank) {
    std::vector<std::jthread> threads;
    for (std::int64_t i = 0; i < size_; ++i) threads.emplace_back([&, i] { rank({i, size_}); });
  }

  Exchange exchange(const World& world) {
    return [this, me = world.rank](const Tensor& sent, std::int64_t to, Tensor received,
                                   std::int64_t from) {
      std::unique_lock lock(mutex_);
      bytes_[me] += sent.numel() * 8;
      queues_[{me, to}].push_back(sent.clone());
      came_.notify_all();
      auto& queue = queues_[{from, me}];
      came_.wait(lock, [&] { return !queue.empty(); });
      received.copy_(queue.front());
      queue.pop_front();
    };
  }

  std::int64_t bytes(std::int64_t rank) { return bytes_[rank]; }

 private:
  std::int64_t size_;
  std::mutex mutex_;
  std::condition_variable came_;
  std::map<std::pair<std::int64_t, std::int64_t>, std::deque<Tensor>> queues_;
  std::map<std::int64_t, std::int64_t> bytes_;
};

TEST(RingAllReduce, AddsUpOnEveryRank) {
  for (const std::int64_t ranks : {1, 2, 3, 5}) {
    for (const std::int64_t numbers : {1, 4, 5, 60, 61}) {
      std::vector<Tensor> values;
      for (std::int64_t i = 0; i < ranks; ++i) values.push_back(at::randn({numbers}, at::kDouble));
      const Tensor wanted = at::stack(values).sum(0);
      Threads threads(ranks);
      threads.run([&](const World& world) {
        ring_all_reduce(values[static_cast<std::size_t>(world.rank)], world,
                        threads.exchange(world));
      });
      for (const Tensor& found : values) {
        EXPECT_TRUE(at::allclose(found, wanted, 1e-14, 1e-14)) << ranks << " x " << numbers;
        EXPECT_TRUE(found.equal(values[0])) << "all ranks must have the same bits";
      }
      if (numbers == 60) {
        EXPECT_EQ(threads.bytes(0), 2 * (ranks - 1) * (60 / ranks) * 8);
      }
    }
  }
}

TEST(Average, PutsTheMeanIntoEachGradient) {
  std::vector<Tensor> gradients = {
      at::randn({2, 3}), at::randn({4}),
      at::randn({2, 2, 3, 3}).contiguous(at::MemoryFormat::ChannelsLast)};
  std::vector<Tensor> wanted;
  for (const Tensor& gradient : gradients) wanted.push_back(gradient * 1.5);
  // Two ranks, of which the other has twice these gradients.
  average(gradients, {0, 2}, [](Tensor row) { row.mul_(3); });
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    EXPECT_TRUE(at::allclose(gradients[i], wanted[i])) << i;
  }
}

}  // namespace
