// The ResNet of the settings, and the rules by which its parameters move.
#pragma once

#include "common/dist/data_parallel.h"
#include "common/dist/group.h"
#include "common/nn/resnet.h"
#include "common/train/optimizer.h"
#include "week09_ddp_imagenet/config.h"

namespace week09 {

/// Returns the network drawn from `seed`, the same on every rank, in channels-last layout. With
/// sync-norm its norms share statistics over `group`.
common::nn::ResNet make_network(const Config& config, std::int64_t classes, std::uint64_t seed,
                                const torch::Device& device, const common::dist::Group& group);

/// Returns SGD with Nesterov's momentum: weights decay, biases and norms do not.
common::train::Optimizer make_optimizer(const Config& config, const common::nn::ResNet& network);

/// Returns the network's parameters and its buffers in its own order.
common::dist::NamedParameters parameters_of(const common::nn::ResNet& network);
common::dist::NamedParameters buffers_of(const common::nn::ResNet& network);

}  // namespace week09
