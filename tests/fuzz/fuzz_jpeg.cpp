// Fuzzes the JPEG decoder: any bytes are an image within the limits or an Error, and a part of a
// sound image is that part of the whole.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/data/jpeg.h"

namespace {
using common::data::DecodedPixels;
using common::data::JpegDecoder;
using common::data::JpegHeader;
using common::data::JpegLimits;
using common::data::Region;

constexpr std::int64_t kMostPixels = 20'000;

// Looks at every pixel that was given, and at the spare bytes behind the last.
std::uint64_t sum_of(const DecodedPixels& pixels) {
  std::uint64_t sum = 0;
  for (std::int64_t y = 0; y < pixels.region.height; ++y) {
    const std::uint8_t* const row = pixels.data + y * pixels.stride;
    const bool last = y + 1 == pixels.region.height;
    for (std::int64_t i = 0; i < 4 * pixels.region.width + (last ? 16 : 0); ++i) sum += row[i];
  }
  return sum;
}

bool part_equals_whole(const DecodedPixels& part, const DecodedPixels& whole) {
  const Region& at = part.region;
  for (std::int64_t y = 0; y < at.height; ++y) {
    for (std::int64_t x = 0; x < at.width; ++x) {
      const std::uint8_t* const p = part.data + y * part.stride + 4 * x;
      if (!std::equal(p, p + 3, whole.data + (at.top + y) * whole.stride + 4 * (at.left + x))) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace

// The first byte: the reduction and whether damage is let through; the next four: the part.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 5) return 0;
  const std::string_view file(reinterpret_cast<const char*>(bytes) + 5, size - 5);
  JpegLimits limits;
  limits.most_pixels = kMostPixels;
  limits.most_scans = 20;
  limits.lenient = (bytes[0] & 4) != 0;
  const std::int64_t shrink = std::int64_t{1} << (bytes[0] & 3);
  try {
    JpegDecoder decoder(limits), whole_decoder(limits);
    const JpegHeader header = decoder.open(file, "fuzz");
    if (header.width < 1 || header.height < 1 || header.width * header.height > kMostPixels) {
      std::abort();
    }
    Region part;
    part.left = bytes[1] * header.width / 256;
    part.top = bytes[2] * header.height / 256;
    part.width = 1 + bytes[3] * (header.width - part.left) / 256;
    part.height = 1 + bytes[4] * (header.height - part.top) / 256;
    const DecodedPixels got = decoder.decode(part, shrink);
    if (got.region.left != part.left / shrink || got.region.width < 1) std::abort();
    if (sum_of(got) == 1) return 0;
    whole_decoder.open(file, "fuzz");
    const DecodedPixels whole = whole_decoder.decode({0, 0, header.width, header.height}, shrink);
    // Where data lack, libjpeg guesses, from more or fewer neighbours.
    if (limits.lenient || header.progressive) return 0;
    if (!part_equals_whole(got, whole)) std::abort();
  } catch (const common::base::Error& error) {
    if (std::string_view(error.what()).find('\n') != std::string_view::npos) std::abort();
  }
  return 0;
}
