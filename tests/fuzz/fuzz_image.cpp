// Fuzzes decode_image: any bytes are a picture within the limit, or an Error.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/base/error.h"
#include "common/plot/picture.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  constexpr std::int64_t kMostPixels = 10'000;
  try {
    const auto picture = common::plot::decode_image(
        std::string_view(reinterpret_cast<const char*>(bytes), size), "fuzz", kMostPixels);
    if (picture.width < 1 || picture.height < 1) std::abort();
    if (picture.width * picture.height > kMostPixels) std::abort();
    if (picture.rgb.size() != static_cast<std::size_t>(3 * picture.width * picture.height)) {
      std::abort();
    }
  } catch (const common::base::Error&) {
  }
  return 0;
}
