// Fuzzes packed files: any bytes are images that lie within them, or an Error.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/data/internal/packed_format.h"
#include "common/data/packed_images.h"

namespace {
using namespace common::data::internal;  // NOLINT

// The same file with sums that are right: without, a fuzzer would find nothing but wrong sums.
std::string with_sums(std::string_view file) {
  std::string_view numbers = file.substr(kWholeMagic.size(), 24);
  const auto fingerprint = take<std::uint64_t>(numbers), images = take<std::uint64_t>(numbers);
  const auto index_at = take<std::uint64_t>(numbers);
  const std::uint32_t sum = index_at <= file.size() ? crc_of(file.substr(index_at)) : 0;
  return header_bytes(kWholeMagic, fingerprint, images, index_at, sum) +
         std::string(file.substr(kHeaderBytes));
}

}  // namespace

// The first byte says whether the sums are put right.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  std::string file(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  if (bytes[0] % 2 == 1 && file.size() >= kHeaderBytes) file = with_sums(file);
  try {
    const auto index = common::data::parse_packed_images(file, "fuzz");
    if (index.images.size() > file.size() / kEntryBytes) std::abort();
    std::uint64_t sum = 0;
    for (const auto& image : index.images) {
      if (image.label >= index.classes.size() || image.at > file.size()) std::abort();
      if (image.name_bytes + std::uint64_t{image.bytes} > file.size() - image.at) std::abort();
      // What a reader takes; overlapping records could make a small file cost much.
      sum += crc_of(std::string_view(file).substr(image.at, image.name_bytes));
    }
    if (sum == 1) return 0;
  } catch (const common::base::Error& error) {
    if (std::string_view(error.what()).size() > 1000) std::abort();
  }
  return 0;
}
