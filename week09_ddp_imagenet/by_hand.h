// Data parallelism by hand: what a ring of ranks does to add up, and the plainest averaging of all.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "common/dist/world.h"

namespace week09::by_hand {

/// Sends one tensor to a rank while another is received from a rank; returns when both are done.
using Exchange = std::function<void(const at::Tensor& sent, std::int64_t to, at::Tensor received,
                                    std::int64_t from)>;

/// Adds up `values` over the ranks of a ring, in place. With R ranks they are cut into R parts; in
/// R - 1 rounds each rank passes one part to the right, adds what comes from the left to its own,
/// and ends with one part that is whole; in R - 1 more the whole parts go round. Each rank sends
/// 2 (R - 1) / R of the bytes, however many ranks there are.
/// Args: values [n], contiguous.
/// Source: Patarasuk and Yuan 2009, doi:10.1016/j.jpdc.2008.09.002.
void ring_all_reduce(at::Tensor values, const common::dist::World& world, const Exchange& exchange);

/// Adds up a tensor [n] over all ranks, in place.
using AllReduce = std::function<void(at::Tensor values)>;

/// Averages `gradients` over the ranks, once backward has ended: all are put into one row, added
/// up, divided and put back. Nothing overlaps with anything.
void average(const std::vector<at::Tensor>& gradients, const common::dist::World& world,
             const AllReduce& all_reduce);

}  // namespace week09::by_hand
