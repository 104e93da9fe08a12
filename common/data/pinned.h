// Batches that are made in memory and used on a GPU.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

namespace common::data {

/// Returns `tensor` in page-locked memory, from which a GPU copies while the processor goes on; the
/// tensor itself when `device` is no GPU. For a loader's workers.
inline at::Tensor pinned(const at::Tensor& tensor, c10::Device device) {
  return device.is_cuda() ? tensor.pin_memory() : tensor;
}

/// Returns `tensor` on `device`, layout kept. From pinned memory the copy does not wait.
inline at::Tensor to_device(const at::Tensor& tensor, c10::Device device) {
  return tensor.to(device, tensor.scalar_type(), /*non_blocking=*/true, /*copy=*/false);
}

}  // namespace common::data
