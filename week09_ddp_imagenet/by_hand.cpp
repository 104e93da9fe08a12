#include "week09_ddp_imagenet/by_hand.h"

#include <ATen/ATen.h>

namespace week09::by_hand {
using at::Tensor;

void ring_all_reduce(Tensor values, const common::dist::World& world, const Exchange& exchange) {
  const std::int64_t ranks = world.size, me = world.rank;
  if (ranks == 1) return;
  const std::int64_t right = (me + 1) % ranks, left = (me + ranks - 1) % ranks;
  const std::int64_t length = (values.numel() + ranks - 1) / ranks;  // of a part, but for the last
  const auto part = [&](std::int64_t i) {
    const std::int64_t p = (i % ranks + ranks) % ranks;
    return values.slice(0, std::min(p * length, values.numel()),
                        std::min((p + 1) * length, values.numel()));  // [length] or less
  };
  // Round k: part me - k goes out, part me - k - 1 comes in and is added.
  for (std::int64_t k = 0; k < ranks - 1; ++k) {
    const Tensor received = at::empty_like(part(me - k - 1));
    exchange(part(me - k), right, received, left);
    part(me - k - 1).add_(received);
  }
  // Part me + 1 is whole now. Round k: part me + 1 - k goes out, whole; part me - k comes in.
  for (std::int64_t k = 0; k < ranks - 1; ++k) {
    const Tensor received = part(me - k);
    exchange(part(me + 1 - k), right, received, left);
  }
}

void average(const std::vector<Tensor>& gradients, const common::dist::World& world,
             const AllReduce& all_reduce) {
  std::vector<Tensor> rows;
  for (const Tensor& gradient : gradients) rows.push_back(gradient.reshape({-1}));
  const Tensor all = at::cat(rows);  // [n], every gradient of the network
  all_reduce(all);
  all.div_(static_cast<double>(world.size));
  std::int64_t begin = 0;
  for (const Tensor& gradient : gradients) {
    const std::int64_t end = begin + gradient.numel();
    gradient.copy_(all.slice(0, begin, end).view(gradient.sizes()));
    begin = end;
  }
}

}  // namespace week09::by_hand
