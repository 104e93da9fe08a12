// The size that a picture's file claims, read without decoding it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace common::plot::internal {

struct ImageSize {
  int64_t width = 0, height = 0;  // 1 and more
};

/// Returns the size in the head of a PNG, JPEG or WebP file, or nothing when it is none of these.
/// Source: PNG, W3C 2003, 11.2.2; JPEG, ITU T.81, B.2; WebP, by libwebp.
std::optional<ImageSize> image_size(std::string_view bytes);

/// Returns the scans of a JPEG, up to the end of its image: from marker to marker, as its decoder
/// goes; 0 for what is no JPEG.
int64_t scans_in(std::string_view bytes);

/// Returns whether the bytes begin as a WebP file does.
bool is_webp(std::string_view bytes);

}  // namespace common::plot::internal
