// Ranks: what the processes of one training do together.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

#include "common/dist/world.h"

namespace common::train {

/// The parts of a training that need other ranks, as functions, so that whoever trains alone needs
/// no network. `Ranks{}` is one rank alone.
struct Ranks {
  dist::World world = {};
  /// Called before the backward pass in which the gradients are averaged over the ranks: the last
  /// of a step. Args: the loss that it begins from.
  std::function<void(const at::Tensor& loss)> before_backward = [](const at::Tensor&) {};
  /// Returns what all ranks gave, [world.size, ...]. Every rank must call it; shapes are equal.
  std::function<at::Tensor(const at::Tensor&)> all_gather = [](const at::Tensor& mine) {
    return mine.unsqueeze(0);
  };
};

}  // namespace common::train
