#include "common/base/error.h"
#include "common/dist/backend.h"

#ifdef COURSE_CUDA
#define USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

namespace common::dist {

c10::intrusive_ptr<c10d::Backend> nccl_backend(const c10::intrusive_ptr<c10d::Store>& store,
                                               const Rendezvous& r) {
  auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = r.timeout;
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(store, static_cast<int>(r.world.rank),
                                                     static_cast<int>(r.world.size), options);
}

}  // namespace common::dist
#else

c10::intrusive_ptr<c10d::Backend> common::dist::nccl_backend(const c10::intrusive_ptr<c10d::Store>&,
                                                             const Rendezvous&) {
  throw base::Error("ranks on GPUs want a LibTorch with CUDA: ./dev setup --torch cuda");
}

#endif
