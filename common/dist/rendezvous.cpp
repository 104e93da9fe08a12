#include "common/dist/rendezvous.h"

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "common/base/error.h"

namespace common::dist {
using base::require;
namespace {

std::string text_of(const char* name, const std::string& otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : text;
}

std::optional<std::int64_t> number_of(const char* name, std::int64_t most) {
  const char* const text = std::getenv(name);
  if (text == nullptr) return std::nullopt;
  const std::string_view all = text;
  std::int64_t value = -1;
  const auto read = std::from_chars(all.data(), all.data() + all.size(), value);
  require(
      read.ec == std::errc() && read.ptr == all.data() + all.size() && value >= 0 && value <= most,
      std::string(name) + " is \"" + text + "\", wanted a whole number from 0 to " +
          std::to_string(most));
  return value;
}

}  // namespace

bool is_loopback(const std::string& address) {
  return address == "localhost" || address.rfind("127.", 0) == 0;
}

Rendezvous rendezvous_from_environment() {
  constexpr std::int64_t kMostRanks = 1 << 20;
  Rendezvous r;
  const auto rank = number_of("RANK", kMostRanks), size = number_of("WORLD_SIZE", kMostRanks);
  if (!rank && !size) return r;
  require(rank && size, "RANK and WORLD_SIZE must both be set, or neither");
  require(*rank < *size,
          "RANK is " + std::to_string(*rank) + ", but WORLD_SIZE only " + std::to_string(*size));
  r.world = {*rank, *size};
  r.launched = true;
  r.local_rank = number_of("LOCAL_RANK", kMostRanks).value_or(0);
  r.address = text_of("MASTER_ADDR", r.address);
  r.port = static_cast<std::uint16_t>(number_of("MASTER_PORT", 65535).value_or(r.port));
  r.rank_0_serves = text_of("TORCHELASTIC_USE_AGENT_STORE", "") != "True";
  r.listening = static_cast<int>(number_of(kListeningVariable, 1 << 20).value_or(-1));
  r.attempt = number_of("TORCHELASTIC_RESTART_COUNT", 1 << 20).value_or(0);
  return r;
}

}  // namespace common::dist
