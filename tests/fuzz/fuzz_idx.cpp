// Fuzzes the idx reader, gzipped and plain: any bytes are an array of the stated size, or an Error.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/base/error.h"
#include "common/data/idx.h"

// The first byte picks the rank, the rest is the file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view file(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const int rank = 1 + bytes[0] % 4;
  try {
    const auto idx = common::data::parse_idx(file, "fuzz", rank, /*max_bytes=*/1 << 20);
    std::int64_t count = 1;
    for (const std::int64_t dim : idx.dims) count *= dim;
    if (static_cast<int>(idx.dims.size()) != rank) std::abort();
    if (static_cast<std::int64_t>(idx.bytes.size()) != count) std::abort();
  } catch (const common::base::Error&) {
    return 0;
  }
  return 0;
}
