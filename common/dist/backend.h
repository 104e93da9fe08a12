// LibTorch's backends, each made in the one file that includes its headers.
#pragma once

#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "common/dist/rendezvous.h"

namespace common::dist {

/// Between processors, over TCP.
c10::intrusive_ptr<c10d::Backend> gloo_backend(const c10::intrusive_ptr<c10d::Store>& store,
                                               const Rendezvous& rendezvous);

/// Between GPUs. Errors: `Error` in a build without CUDA.
c10::intrusive_ptr<c10d::Backend> nccl_backend(const c10::intrusive_ptr<c10d::Store>& store,
                                               const Rendezvous& rendezvous);

}  // namespace common::dist
