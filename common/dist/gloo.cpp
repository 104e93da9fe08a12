// The only file that includes Gloo's own headers. They come from Debian and are older than the Gloo
// within LibTorch: GlooStore has another vtable there, so one must never be made here. A test looks
// into our libraries for that.
#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include "common/dist/backend.h"

namespace common::dist {

c10::intrusive_ptr<c10d::Backend> gloo_backend(const c10::intrusive_ptr<c10d::Store>& store,
                                               const Rendezvous& r) {
  using c10d::ProcessGroupGloo;
  const std::string own = !r.own_address.empty()   ? r.own_address
                          : is_loopback(r.address) ? "127.0.0.1"
                                                   : "";
  auto options = ProcessGroupGloo::Options::create(r.timeout);
  options->devices.push_back(own.empty() ? ProcessGroupGloo::createDefaultDevice()
                                         : ProcessGroupGloo::createDeviceForHostname(own));
  options->threads = 2;  // operations under way at once
  return c10::make_intrusive<ProcessGroupGloo>(store, static_cast<int>(r.world.rank),
                                               static_cast<int>(r.world.size), options);
}

}  // namespace common::dist
