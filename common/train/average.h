// Averages of weights over training: exponential moving average, and lookahead.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "common/base/named_tensors.h"

namespace common::train {

/// Exponential moving average of a model's parameters and buffers: a = decay a + (1 - decay) p.
/// `Ema{}` is off. Whole-number buffers are copied.
class Ema {
 public:
  Ema() = default;  ///< off
  /// Args: `tensors` of the model, by name; followed until this object ends. `decay` in [0, 1).
  Ema(base::NamedTensors tensors, double decay);

  bool on() const { return !average_.empty(); }
  /// After each optimizer step. Early on the decay is at most (1 + step) / (10 + step), so that the
  /// first weights do not linger.
  void update(std::int64_t step);
  /// Exchanges the model's values with the averages; call it again to get them back.
  void swap();

  base::NamedTensors state() const { return average_; }
  void load(const base::NamedTensors& state);

 private:
  base::NamedTensors model_, average_;
  double decay_ = 0;
};

/// While it lives, the model holds the averages. Nothing happens when they are off.
class WithAverage {
 public:
  explicit WithAverage(Ema& ema) : ema_(ema) { ema_.swap(); }
  ~WithAverage() { ema_.swap(); }
  WithAverage(const WithAverage&) = delete;
  WithAverage& operator=(const WithAverage&) = delete;

 private:
  Ema& ema_;
};

/// Every `every` steps slow weights move toward the model's by 1 - decay and are put into the
/// model: slow = decay slow + (1 - decay) fast; fast = slow. `Lookahead{}` is off. Source: Zhang et
/// al. 2019, arXiv:1907.08610.
class Lookahead {
 public:
  Lookahead() = default;  ///< off
  Lookahead(base::NamedTensors tensors, std::int64_t every);

  bool on() const { return every_ > 0; }
  /// After optimizer step `step` (from 0), with the decay of this moment.
  void update(std::int64_t step, double decay);
  /// After the last step: the slow weights are what was trained, and are put into the model.
  void finish();

  base::NamedTensors state() const { return slow_; }
  void load(const base::NamedTensors& state);

 private:
  base::NamedTensors model_, slow_;
  std::int64_t every_ = 0;
};

}  // namespace common::train
