// Data-parallel training: gradients are averaged over the ranks while backward still runs.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/dist/group.h"

namespace common::dist {

/// Names with their tensors, in the order of the network.
using NamedParameters = std::vector<std::pair<std::string, at::Tensor>>;

/// How gradients travel.
struct DataParallelOptions {
  /// Gradients are put together into buckets; one is full when it has this size or more, and leaves
  /// as soon as its last gradient is there. The first leaves early, so it is smaller.
  std::int64_t bucket_bytes = std::int64_t{25} << 20, first_bucket_bytes = std::int64_t{1} << 20;
  bool bf16 = false;  ///< halves the bytes; gradients and their sums are rounded to 8 bits
};

/// When one averaging began and ended, in seconds since before_backward().
struct BucketTimes {
  std::int64_t bytes = 0;
  double begin_s = 0, end_s = 0;
};

/// What averaging cost in one step.
struct CommunicationTimes {
  std::vector<BucketTimes> buckets;  ///< in the order in which they left
  double backward_s = 0;             ///< when the last gradient was there

  double busy_s() const;     ///< in which something was on its way
  double exposed_s() const;  ///< of these, after backward: what a step waits for
};

/// Makes the ranks of a group train one network: each gives its share of the batch, all get the
/// mean of the gradients, so that weights that begin equal stay equal. With `Group{}` it does
/// nothing.
///
///     DataParallel parallel(group, parameters, buffers);
///     for (...) {  // micro-batches: nothing is sent before the last
///       const Tensor loss = ...;
///       if (last) parallel.before_backward(loss);
///       loss.backward();  // the last averages what all have added up
///     }
///
/// Source: Li et al. 2020, arXiv:2006.15704; the work is done by LibTorch's c10d::Reducer.
class DataParallel {
 public:
  /// Copies parameters and buffers of rank 0 to all. Parameters that want no gradient are left out
  /// of the averaging. They must stay where they are while this lives.
  /// Errors: `Error` when the ranks have different networks.
  DataParallel(Group group, NamedParameters parameters, NamedParameters buffers,
               DataParallelOptions options = {});
  ~DataParallel();
  DataParallel(DataParallel&&) noexcept;

  /// Says that the next backward pass, from `loss`, is the last of a step. Copies rank 0's buffers
  /// (running statistics) to all.
  /// Errors: `Error` naming the parameters on which the loss does not depend.
  void before_backward(const at::Tensor& loss);

  /// Returns what the last step's averaging cost, once backward has returned. On a GPU there is
  /// nothing to return: sending is queued, and a trace shows when it happens.
  CommunicationTimes times() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Returns the names of the parameters on which `loss` does not depend.
std::vector<std::string> unused_parameters(const at::Tensor& loss, const NamedParameters& all);

}  // namespace common::dist
