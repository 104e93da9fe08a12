// Signs of life, so that who has gone can be named.
#pragma once

#include <torch/csrc/distributed/c10d/Store.hpp>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/dist/rendezvous.h"

namespace common::dist {

/// Counts in the store, as long as this rank lives, in a thread of its own.
class Heartbeat {
 public:
  /// Args: `store` of the group, of which it makes two connections of its own.
  Heartbeat(const c10::intrusive_ptr<c10d::Store>& store, const Rendezvous& rendezvous);

  /// Watches the others for three seconds. Returns the ranks whose heart has stopped; rank 0 at
  /// once when the store is gone that it has. The first who knows tells the others; rank 0 waits
  /// until they have heard it, because they cannot after it has left.
  std::vector<std::int64_t> gone();

 private:
  void hear(const std::vector<std::int64_t>& gone, c10d::Store& store);
  std::vector<std::int64_t> verdict();
  std::vector<std::int64_t> beats();
  std::vector<std::int64_t> watch();
  void linger(std::size_t gone);

  c10::intrusive_ptr<c10d::Store> beating_, watching_;  // a connection each
  const World world_;
  const bool rank_0_serves_;
  std::mutex verdict_mutex_;
  std::vector<std::int64_t> verdict_;  // who is gone, as far as this rank has heard
  std::mutex mutex_;
  std::condition_variable_any woken_;
  std::jthread thread_;
};

/// "rank 1", "ranks 1, 2 and 5".
std::string named(const std::vector<std::int64_t>& ranks);

}  // namespace common::dist
