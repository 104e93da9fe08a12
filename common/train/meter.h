// Meter: the loss and the speed of a training, read without making the device wait at each step.
#pragma once

#include <ATen/core/Tensor.h>

#include <chrono>
#include <cstdint>

#include "common/base/json.h"
#include "common/base/named_tensors.h"
#include "common/train/checkpoint.h"

namespace common::train {

/// Adds up losses on the device, and the seconds in which it is running.
class Meter {
 public:
  /// What was seen since the last reading.
  struct Reading {
    double loss = 0;           ///< mean over the steps
    double samples_per_s = 0;  ///< of training alone
  };

  void start();
  void pause();
  /// Adds a step's share of its loss; `loss` is one number on any device.
  void add(const at::Tensor& loss);
  /// Counts a step of so many samples.
  void count(std::int64_t samples);
  /// Returns means since the last reading and begins anew. Waits for the device.
  Reading read();

  /// Seconds and samples in all, of the parts before an interruption too.
  double seconds() const;
  std::int64_t samples() const { return samples_; }

  /// What a checkpoint keeps, so that logs of a resumed run are those of an uninterrupted one: of
  /// the losses their mean over the ranks.
  Part part(const Ranks& ranks = {});

 private:
  using Clock = std::chrono::steady_clock;
  at::Tensor loss_sum_;
  std::int64_t steps_ = 0;  // since the last reading
  std::int64_t samples_ = 0, samples_read_ = 0;
  double seconds_ = 0, seconds_read_ = 0;
  bool running_ = false;
  Clock::time_point began_;
};

}  // namespace common::train
