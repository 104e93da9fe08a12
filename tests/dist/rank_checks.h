// What ranks that all live compute together is right. Each throws `Error` when it is not.
#pragma once

#include <ATen/ATen.h>
#include <torch/nn/modules/container/sequential.h>

#include <cstdint>

#include "common/dist/data_parallel.h"
#include "common/dist/group.h"

namespace tests {

/// Returns normally distributed doubles, the same on each rank.
at::Tensor numbers(at::IntArrayRef shape, std::uint64_t seed);

/// A network with enough parameters for several buckets, and its loss on some samples.
struct Net {
  torch::nn::Sequential layers;
  explicit Net(std::int64_t width = 40);
  at::Tensor loss(const at::Tensor& x) { return layers->forward(x).square().mean(); }
  common::dist::NamedParameters parameters() const;
};

common::dist::DataParallelOptions small_buckets(bool bf16 = false);

/// Sums, broadcast, gather and exchange.
void check_collectives(const common::dist::Group& group);
/// Two micro-batches a step: the ranks' gradients equal those of one process with all samples.
void check_average(const common::dist::Group& group, bool bf16);
/// Networks that differ are refused.
void check_unequal_networks(const common::dist::Group& group);
/// All begin with rank 0's parameters, and keep its running statistics.
void check_start_is_rank_0s(const common::dist::Group& group);
/// A parameter that the loss does not use is refused by name.
void check_unused(const common::dist::Group& group);
/// Synchronised batch norm of unequal shares equals that of the whole batch.
void check_norm(const common::dist::Group& group);

}  // namespace tests
