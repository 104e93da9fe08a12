#include "common/web/sessions.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace common::web {

std::string new_session_key() {
  std::array<unsigned char, 16> random{};
  ssize_t got = 0;
  do {  // up to 256 bytes come whole or not at all
    got = ::getrandom(random.data(), random.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got != static_cast<ssize_t>(random.size())) {
    throw base::Error(std::string("the system gives no random numbers: ") + std::strerror(errno));
  }
  std::string key;
  for (const unsigned char byte : random) {
    key += "0123456789abcdef"[byte >> 4];
    key += "0123456789abcdef"[byte & 15];
  }
  return key;
}

}  // namespace common::web
