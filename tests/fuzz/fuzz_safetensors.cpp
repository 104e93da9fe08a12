// Fuzzes the safetensors reader: any bytes are tensors that tile the data, or an Error.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/base/error.h"
#include "common/base/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(bytes), size);
  try {
    const auto header = common::base::parse_safetensors(file, size, "fuzz");
    std::uint64_t at = 0;
    for (const auto& tensor : header.tensors) {
      std::uint64_t wanted = common::base::dtype_bytes(tensor.dtype);
      if (wanted == 0 || tensor.shape.size() > 16) std::abort();
      for (const std::int64_t n : tensor.shape) {
        if (n < 0) std::abort();
        wanted *= static_cast<std::uint64_t>(n);
      }
      if (tensor.begin != at || tensor.end - tensor.begin != wanted) std::abort();
      at = tensor.end;
    }
    if (header.data_at + at != size) std::abort();
  } catch (const common::base::Error& error) {
    // A message that a person can read, however hostile the input.
    if (std::string_view(error.what()).size() > 1000) std::abort();
  }
  return 0;
}
