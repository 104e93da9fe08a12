// Lanes: micro-batches side by side, each on a thread and cores of its own.
//
// A processor with few cores is used badly by one network whose operations each split over all
// cores: whatever does not split (small operations, fresh memory, the engine itself) leaves the
// others idle, and at the end of each operation they wait for the slowest. Networks that share
// their weights and each work on cores of their own have nothing to wait for but the end of the
// step.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace common::train {

/// The lanes of a training on a CPU. `Lanes{}` is one lane: the caller's thread with all cores.
class Lanes {
 public:
  Lanes();
  /// Args: `parameters` of the network that is trained, and for each further lane those of a
  /// network of the same kind, in the same order. They are made to share the values of
  /// `parameters`, but have gradients of their own. Errors: `std::logic_error` when numbers or
  /// shapes differ.
  Lanes(std::vector<at::Tensor> parameters, std::vector<std::vector<at::Tensor>> replicas);
  ~Lanes();
  Lanes(Lanes&&) noexcept;
  Lanes& operator=(Lanes&&) noexcept;

  std::int64_t count() const { return 1 + static_cast<std::int64_t>(replicas_.size()); }

  /// Returns the cores that each lane works on.
  std::int64_t cores_each() const;

  /// Calls `work(i, lane)` for i from 0 to n - 1, i on lane i modulo count(), and adds the
  /// replicas' gradients to those of the parameters, lane by lane: always the same sum. Errors:
  /// what `work` threw on the first lane that failed; gradients are then those of some of the work.
  void each(std::int64_t n, const std::function<void(std::int64_t i, std::int64_t lane)>& work);

 private:
  class Threads;
  std::vector<at::Tensor> parameters_;
  std::vector<std::vector<at::Tensor>> replicas_;
  std::unique_ptr<Threads> threads_;
};

}  // namespace common::train
