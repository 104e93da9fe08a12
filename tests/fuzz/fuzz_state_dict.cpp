// Fuzzes the reader of torch.save's files: any bytes are tensors as large as they say, or an Error.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string_view>

#include "common/base/error.h"
#include "common/base/safetensors.h"
#include "common/base/state_dict.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(bytes), size);
  try {
    std::set<std::string_view> names;
    std::uint64_t total = 0;
    const auto tensors = common::base::parse_state_dict(file, "fuzz");
    for (const auto& tensor : tensors) {
      std::uint64_t wanted = common::base::dtype_bytes(tensor.dtype);
      if (wanted == 0 || tensor.shape.size() > 16) std::abort();
      for (const std::int64_t n : tensor.shape) {
        if (n < 0) std::abort();
        wanted *= static_cast<std::uint64_t>(n);
      }
      if (tensor.bytes.size() != wanted || !names.insert(tensor.name).second) std::abort();
      total += wanted;
    }
    if (total > 4 * size) std::abort();
  } catch (const common::base::Error& error) {
    // A message that a person can read, however hostile the input.
    if (std::string_view(error.what()).size() > 1000) std::abort();
  }
  return 0;
}
