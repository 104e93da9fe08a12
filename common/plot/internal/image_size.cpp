#include "common/plot/internal/image_size.h"

#include <webp/decode.h>

namespace common::plot::internal {
namespace {

using namespace std::string_view_literals;

// Bytes that may be asked for anywhere: those behind the end are 0.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}

  bool has(size_t at, std::string_view text) const {
    return at <= bytes_.size() && bytes_.substr(at, text.size()) == text;
  }
  uint8_t byte(size_t at) const {
    return at < bytes_.size() ? static_cast<uint8_t>(bytes_[at]) : 0;
  }
  int64_t big(size_t at, size_t count) const {
    int64_t value = 0;
    for (size_t i = 0; i < count; ++i) value = value << 8 | byte(at + i);
    return value;
  }
  size_t size() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
};

ImageSize png_size(const Bytes& bytes) { return {bytes.big(16, 4), bytes.big(20, 4)}; }

// Walks over the segments to the first frame header.
ImageSize jpeg_size(const Bytes& bytes) {
  size_t at = 2;
  while (at + 9 <= bytes.size() && bytes.byte(at) == 0xFF) {
    const uint8_t marker = bytes.byte(at + 1);
    if (marker == 0xFF) {  // a filler
      ++at;
      continue;
    }
    const bool is_frame =
        marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (is_frame) return {bytes.big(at + 7, 2), bytes.big(at + 5, 2)};
    // Pixels, and no header yet; or what is reserved, of which a decoder may take no length.
    if (marker == 0xDA || marker < 0xC0) break;
    const bool is_alone = marker >= 0xD0 && marker <= 0xD8;
    at += 2 + (is_alone ? 0 : static_cast<size_t>(bytes.big(at + 2, 2)));
  }
  return {};
}

// By libwebp, which is what decodes it, too.
ImageSize webp_size(std::string_view bytes) {
  int width = 0, height = 0;
  if (WebPGetInfo(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), &width, &height)) {
    return {width, height};
  }
  return {};
}

}  // namespace

int64_t scans_in(std::string_view text) {
  constexpr uint8_t kEnd = 0xD9, kScan = 0xDA, kFiller = 0xFF;
  const Bytes bytes(text);
  if (!bytes.has(0, "\xFF\xD8"sv)) return 0;
  int64_t scans = 0;
  for (size_t at = 2; (at = text.find('\xFF', at)) != text.npos && at + 3 < text.size();) {
    const uint8_t marker = bytes.byte(++at);
    if (marker == kEnd) break;
    if (marker == kFiller) continue;
    ++at;
    // Data, or without a segment; what is reserved has no length for a decoder that looks for the
    // next restart.
    if (marker < 0xC0 || (marker >= 0xD0 && marker <= 0xD8)) continue;
    if (marker == kScan) ++scans;
    at += static_cast<size_t>(bytes.big(at, 2));  // its segment, which the two bytes belong to
  }
  return scans;
}

bool is_webp(std::string_view text) {
  const Bytes bytes(text);
  return bytes.has(0, "RIFF"sv) && bytes.has(8, "WEBP"sv);
}

std::optional<ImageSize> image_size(std::string_view text) {
  const Bytes bytes(text);
  ImageSize size;
  if (bytes.has(0, "\x89PNG\r\n\x1A\n"sv) && bytes.has(12, "IHDR"sv)) size = png_size(bytes);
  if (bytes.has(0, "\xFF\xD8\xFF"sv)) size = jpeg_size(bytes);
  if (is_webp(text)) size = webp_size(text);
  if (size.width < 1 || size.height < 1) return {};
  return size;
}

}  // namespace common::plot::internal
