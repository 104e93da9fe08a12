// Where the ranks of a training meet, as torchrun tells it in the environment.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "common/dist/world.h"

namespace common::dist {

/// Who takes part and where they meet. `Rendezvous{}` is a world of one, which meets nobody.
struct Rendezvous {
  World world = {};
  bool launched = false;              ///< ranks were started, be it one: they form a group
  std::int64_t local_rank = 0;        ///< among the ranks of this machine: which GPU is this one's
  std::string address = "127.0.0.1";  ///< of the store that all can reach: MASTER_ADDR
  std::uint16_t port = 29500;         ///< MASTER_PORT
  bool rank_0_serves = true;          ///< the store is in rank 0; else torchrun has it
  std::int64_t attempt = 0;           ///< of torchrun's restarts, which share one store
  /// Of this machine, at which the others reach it; empty: the one from which it reaches `address`.
  std::string own_address = {};
  int listening = -1;  ///< a socket that listens at the store's port already; -1: none
  std::chrono::milliseconds timeout{120'000};  ///< for all to come, and for an operation to end
};

/// Reads RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT and what torchrun adds.
/// Errors: `Error` when some are missing, no numbers, or do not fit together.
Rendezvous rendezvous_from_environment();

/// Returns whether `address` can be reached from this machine alone: "localhost", "127.0.0.1", ...
bool is_loopback(const std::string& address);

/// The variable by which launch() tells rank 0 of a socket that listens at MASTER_PORT.
inline constexpr const char* kListeningVariable = "COURSE_LISTENING";

}  // namespace common::dist
