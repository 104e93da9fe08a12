// Fuzzes the catalogue and a mirror's manifest: no name that is taken leads out of its set.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/base/error.h"
#include "common/data/catalogue.h"
#include "common/data/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  try {
    for (const auto& set : common::data::parse_catalogue(text, "fuzz").sets) {
      if (!common::data::is_plain_path(set.name)) std::abort();
      for (const auto& file : set.files) {
        if (!common::data::is_plain_path(file.path)) std::abort();
        if (file.url.empty() && !set.archive) std::abort();
      }
    }
  } catch (const common::base::Error&) {
  }
  try {
    const auto files = common::data::parse_manifest(text, "fuzz", "toy");
    if (!files) return 0;
    for (const auto& file : *files) {
      if (!common::data::is_plain_path(file.path) || file.sums.sha256.size() != 64) std::abort();
    }
  } catch (const common::base::Error&) {
  }
  return 0;
}
