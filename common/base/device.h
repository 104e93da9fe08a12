// The device that a run computes on, and what the machine is.
#pragma once

#include <c10/core/Device.h>

#include <string>

#include "common/base/json.h"

namespace common::base {

/// Returns the device for `auto` (CUDA when there is one), `cpu`, `cuda` or `cuda:N`.
/// Errors: `Error` for another text, or for CUDA that is not there, with the reason.
c10::Device pick_device(const std::string& text);

/// Returns what env.json holds: commit, LibTorch, processor, instruction set, device, threads,
/// memory, system, ranks.
Json environment(c10::Device device);

}  // namespace common::base
