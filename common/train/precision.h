// Mixed precision: which type a run computes in, the autocast guard, and the scaler that fp16
// needs.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/named_tensors.h"

namespace common::train {

/// A type to compute in, and why it was chosen, to be said.
struct Precision {
  c10::ScalarType type = c10::ScalarType::Float;
  std::string reason;
};

/// Returns the precision for `auto`, `fp32`, `bf16` or `fp16` on `device`. `auto` takes bf16 where
/// the processor has instructions for it (AVX512-BF16 or AMX) or the GPU does (compute capability
/// 8.0), else fp32.
/// Errors: `Error` for another word, or fp16 on a CPU.
Precision pick_precision(const std::string& word, c10::Device device);

/// While it lives, operations that gain from it compute in `type`. With kFloat it does nothing,
/// within another one too.
class Autocast {
 public:
  Autocast(c10::Device device, c10::ScalarType type);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  c10::DeviceType device_;
  bool was_on_ = false, on_;
  c10::ScalarType type_before_ = c10::ScalarType::Float;
};

/// Multiplies the loss so that small gradients survive fp16, divides them afterwards, and leaves
/// out steps whose gradients overflowed. `GradScaler{}` is off and does nothing. Nothing waits for
/// the device. Equal to torch.amp.GradScaler. Source: Micikevicius et al. 2018, arXiv:1710.03740,
/// section 3.2.
class GradScaler {
 public:
  GradScaler() = default;  ///< off
  explicit GradScaler(c10::Device device, double scale = 65536, double growth = 2,
                      double backoff = 0.5, std::int64_t interval = 2000);

  bool on() const { return scale_.defined(); }
  /// Returns loss * scale.
  at::Tensor scale(const at::Tensor& loss) const;
  /// Divides the gradients by the scale and notes whether one is not finite.
  void unscale_(const std::vector<at::Tensor>& parameters);
  /// Returns one number, not 0 when the step is to be left out; undefined when off.
  const at::Tensor& found_inf() const { return found_inf_; }
  /// After the step: a smaller scale when it was left out, a larger one after `interval` good ones.
  void update();
  /// Returns the scale; 1 when off. Waits for the device.
  double current() const;

  base::NamedTensors state() const;
  void load(const base::NamedTensors& state);

 private:
  at::Tensor scale_, tracker_, found_inf_;
  double growth_ = 2, backoff_ = 0.5;
  std::int64_t interval_ = 2000;
};

}  // namespace common::train
