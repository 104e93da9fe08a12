// Signs of life, so that who has gone can be named.
#pragma once

#include <torch/csrc/distributed/c10d/Store.hpp>

#include <cstdint>
#include <future>
#include <memory>
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
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  /// Watches the others for three seconds. Returns the ranks whose heart has stopped; rank 0 when
  /// it has the store, and that is gone or gives no answer. The first who knows tells the others;
  /// rank 0 waits until they have heard it, because they cannot after it has left.
  std::vector<std::int64_t> gone();

 private:
  struct State;
  // A store whose machine froze answers nothing, not even an error. Threads that wait for it are
  // left behind, with the state.
  std::shared_ptr<State> state_;
  std::thread beating_;
  std::future<void> ended_;  // beating_ did
};

/// "rank 1", "ranks 1, 2 and 5".
std::string named(const std::vector<std::int64_t>& ranks);

}  // namespace common::dist
