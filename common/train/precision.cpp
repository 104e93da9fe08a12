#include "common/train/precision.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#ifdef COURSE_CUDA
#include <ATen/cuda/CUDAContext.h>
#endif

#include "common/base/error.h"

namespace common::train {
using at::Tensor;
namespace {

bool processor_has_bf16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16") != 0;  // AMX processors have it too
#else
  return false;
#endif
}

bool device_has_bf16(c10::Device device) {
#ifdef COURSE_CUDA
  if (device.is_cuda()) return at::cuda::getDeviceProperties(device.index())->major >= 8;
#endif
  return device.is_cpu() && processor_has_bf16();
}

}  // namespace

Precision pick_precision(const std::string& word, c10::Device device) {
  if (word == "fp32") return {at::kFloat, "fp32, as asked"};
  if (word == "bf16") return {at::kBFloat16, "bf16, as asked"};
  if (word == "fp16") {
    base::require(!device.is_cpu(), "--precision fp16 needs a GPU; a CPU takes fp32 or bf16");
    return {at::kHalf, "fp16 with a scaled loss, as asked"};
  }
  base::require(word == "auto", "--precision is auto, fp32, bf16 or fp16, not " + word);
  if (device_has_bf16(device)) return {at::kBFloat16, "bf16, which this device has"};
  return {at::kFloat, "fp32: this device has no instructions for bf16"};
}

Autocast::Autocast(c10::Device device, c10::ScalarType type)
    : device_(device.type()), on_(type != at::kFloat) {
  if (!on_) return;
  was_on_ = at::autocast::is_autocast_enabled(device_);
  type_before_ = at::autocast::get_autocast_dtype(device_);
  at::autocast::set_autocast_enabled(device_, true);
  at::autocast::set_autocast_dtype(device_, type);
  at::autocast::increment_nesting();
}

Autocast::~Autocast() {
  if (!on_) return;
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(device_, was_on_);
  at::autocast::set_autocast_dtype(device_, type_before_);
}

GradScaler::GradScaler(c10::Device device, double scale, double growth, double backoff,
                       std::int64_t interval)
    : growth_(growth), backoff_(backoff), interval_(interval) {
  const auto options = at::TensorOptions().device(device).dtype(at::kFloat);
  scale_ = at::full({}, scale, options);
  tracker_ = at::zeros({}, options.dtype(at::kInt));
  found_inf_ = at::zeros({}, options);
}

Tensor GradScaler::scale(const Tensor& loss) const { return on() ? loss * scale_ : loss; }

void GradScaler::unscale_(const std::vector<Tensor>& parameters) {
  if (!on()) return;
  const at::NoGradGuard no_grad;
  std::vector<Tensor> gradients;
  for (const Tensor& parameter : parameters) {
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  }
  found_inf_.zero_();
  // The reciprocal in fp64, as PyTorch's: that of a power of two is exact either way.
  const Tensor inverse = scale_.to(at::kDouble).reciprocal().to(at::kFloat);
  at::_amp_foreach_non_finite_check_and_unscale_(gradients, found_inf_, inverse);
}

void GradScaler::update() {
  if (!on()) return;
  at::_amp_update_scale_(scale_, tracker_, found_inf_, growth_, backoff_, interval_);
}

double GradScaler::current() const { return on() ? scale_.item<double>() : 1; }

base::NamedTensors GradScaler::state() const {
  if (!on()) return {};
  return {{"scale", scale_}, {"tracker", tracker_}};
}

void GradScaler::load(const base::NamedTensors& state) {
  base::NamedTensors mine = this->state();
  base::copy_tensors(state, mine, "the gradient scaler");
}

}  // namespace common::train
