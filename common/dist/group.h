// A group of ranks that talk to each other. Behind it are LibTorch's process groups: Gloo between
// processors, NCCL between GPUs.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/util/intrusive_ptr.h>

#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

#include "common/dist/rendezvous.h"

namespace c10d {
class ProcessGroup;
}

namespace common::dist {

/// Thrown when an operation cannot end because ranks are gone; the message names them.
struct RanksGone : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A group that all ranks of a world have joined. `Group{}` is a process alone: its operations
/// leave tensors as they are. One rank that torchrun started is a group too, which talks to itself.
/// Operations are collective: every rank calls them in the same order, with tensors of equal shape
/// and type, on a processor or on the group's GPU. On a processor they return when the result is
/// there; on a GPU they are queued, and a rank that is lost then ends the others through NCCL's
/// watchdog, after the timeout. Errors: of each operation `RanksGone`; or LibTorch's own when all
/// ranks still live.
class Group {
 public:
  Group() = default;
  /// Waits until all ranks are there.
  /// Errors: `Error` that names those who did not come, or says that the store cannot be reached.
  Group(const Rendezvous& rendezvous, c10::Device device);

  const World& world() const { return world_; }

  /// Adds up over the ranks (all-reduce).
  void all_reduce_(at::Tensor tensor) const;
  /// Copies from one rank to all.
  void broadcast_(at::Tensor tensor, std::int64_t from = 0) const;
  /// Returns what all ranks gave, on all of them, [world.size, ...].
  at::Tensor all_gather(const at::Tensor& tensor) const;
  /// Sends to one rank and receives from one, at the same time. Not for a process alone.
  void send_receive(at::Tensor sent, std::int64_t to, at::Tensor received_,
                    std::int64_t from) const;
  /// Returns whether all ranks gave the same text, compared by a hash.
  bool agree_on(const std::string& text) const;
  /// Returns once all ranks have called it.
  void barrier() const;

  /// Runs `work`. What fails in it while ranks are gone is told as that.
  template <class Work>
  void watch(const Work& work) const {
    try {
      work();
    } catch (const std::exception& error) {
      throw_if_gone(error);
      throw;
    }
  }

  /// LibTorch's group, for what takes one; null for a process alone.
  const c10::intrusive_ptr<c10d::ProcessGroup>& process_group() const;

 private:
  struct Impl;
  void throw_if_gone(const std::exception& error) const;

  World world_;
  std::shared_ptr<Impl> impl_;
};

}  // namespace common::dist
