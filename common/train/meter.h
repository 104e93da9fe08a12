// Meter: loss, accuracy and speed of a training, read without making the device wait at each step.
#pragma once

#include <ATen/core/Tensor.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "common/base/json.h"
#include "common/base/named_tensors.h"
#include "common/base/run.h"
#include "common/train/checkpoint.h"

namespace common::train {

/// What a network's answers to a batch come to: numbers on any device.
struct Judgement {
  Judgement() = default;
  Judgement(at::Tensor of_loss, at::Tensor of_accuracy = {})
      : loss(std::move(of_loss)), accuracy(std::move(of_accuracy)) {}

  at::Tensor loss;      ///< the mean over the batch, which is to become small
  at::Tensor accuracy;  ///< share of right answers; undefined: nobody asks
};

/// Adds up losses on the device, and the seconds in which it is running.
class Meter {
 public:
  /// What was seen since the last reading.
  struct Reading {
    double loss = 0;                      ///< mean over the steps
    std::optional<double> accuracy = {};  ///< the same, where it was given
    double samples_per_s = 0;             ///< of training alone
  };

  void start();
  void pause();
  /// Adds a micro-batch, whose numbers count by `share` of a step.
  void add(const Judgement& judged, double share);
  /// Counts a step of so many samples.
  void count(std::int64_t samples);
  /// Returns means since the last reading and begins anew. Waits for the device.
  Reading read();

  /// Seconds and samples in all, of the parts before an interruption too.
  double seconds() const;
  std::int64_t samples() const { return samples_; }

  /// Returns what the training itself was: train_seconds, images_per_s, flops_per_s and
  /// share_of_peak. Args: FLOP of an image forward, of which backward costs twice as many; FLOP a
  /// second that the machines can do.
  base::Metrics speed(double flops_an_image, double peak_flops_per_s) const;

  /// What a checkpoint keeps, so that logs of a resumed run are those of an uninterrupted one: of
  /// the sums their mean over the ranks, which with several of them is rounded.
  Part part(const Ranks& ranks = {});

 private:
  using Clock = std::chrono::steady_clock;
  at::Tensor loss_sum_, accuracy_sum_;  // undefined: nothing yet
  std::int64_t steps_ = 0;              // since the last reading
  std::int64_t samples_ = 0, samples_read_ = 0;
  double seconds_ = 0, seconds_read_ = 0;
  bool running_ = false;
  Clock::time_point began_;
};

}  // namespace common::train
