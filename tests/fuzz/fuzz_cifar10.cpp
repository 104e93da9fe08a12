// Fuzzes the CIFAR-10 reader: any bytes are images with labels from 0 to 9, or an Error.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "common/base/error.h"
#include "common/data/cifar10.h"

// The first byte says how many records are expected, the rest is the file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::string file(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const std::int64_t records = bytes[0] % 4;
  constexpr std::size_t kPixels = 3 * 32 * 32;
  common::data::Cifar10 set;
  try {
    common::data::append_cifar10(file, records, "fuzz", set);
  } catch (const common::base::Error&) {
    return 0;
  }
  const auto count = static_cast<std::size_t>(records);
  if (set.count != records || set.labels.size() != count) std::abort();
  if (set.images.size() != count * kPixels) std::abort();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t record = i * (1 + kPixels);
    if (set.labels[i] > 9 || set.labels[i] != bytes[1 + record]) std::abort();
    if (set.images[i * kPixels] != bytes[2 + record]) std::abort();
    if (set.images[(i + 1) * kPixels - 1] != bytes[1 + record + kPixels]) std::abort();
  }
  return 0;
}
