// The only file that includes Gloo's own headers. They come from Debian and are older than the Gloo
// within LibTorch: GlooStore has another vtable there, so one must never be made here. A test looks
// into our libraries for that.
#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "common/dist/backend.h"

namespace common::dist {
namespace {

using c10d::ProcessGroupGloo;

// The address of this machine from which `address` is reached; empty when nobody knows. Nothing is
// sent: connecting a datagram socket only chooses the way.
std::string address_towards(const std::string& address, std::uint16_t port) {
  addrinfo wanted = {}, *found = nullptr;
  wanted.ai_family = AF_INET;
  wanted.ai_socktype = SOCK_DGRAM;
  if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &wanted, &found) != 0) return "";
  char text[INET_ADDRSTRLEN] = "";
  sockaddr_in own = {};
  socklen_t size = sizeof own;
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && ::connect(fd, found->ai_addr, found->ai_addrlen) == 0 &&
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) == 0) {
    ::inet_ntop(AF_INET, &own.sin_addr, text, sizeof text);
  }
  if (fd >= 0) ::close(fd);
  ::freeaddrinfo(found);
  return text;
}

std::shared_ptr<::gloo::transport::Device> device_of(const Rendezvous& r) {
  const char* const interface = std::getenv("GLOO_SOCKET_IFNAME");
  if (interface != nullptr) return ProcessGroupGloo::createDeviceForInterface(interface);
  const std::string own =
      r.own_address.empty() ? address_towards(r.address, r.port) : r.own_address;
  return own.empty() ? ProcessGroupGloo::createDefaultDevice()
                     : ProcessGroupGloo::createDeviceForHostname(own);
}

}  // namespace

c10::intrusive_ptr<c10d::Backend> gloo_backend(const c10::intrusive_ptr<c10d::Store>& store,
                                               const Rendezvous& r) {
  auto options = ProcessGroupGloo::Options::create(r.timeout);
  options->devices.push_back(device_of(r));
  options->threads = 2;  // operations under way at once
  return c10::make_intrusive<ProcessGroupGloo>(store, static_cast<int>(r.world.rank),
                                               static_cast<int>(r.world.size), options);
}

}  // namespace common::dist
