// The bytes of packed files; see packed_images.h.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace common::data::internal {

inline constexpr std::string_view kWholeMagic = "course images 1\n",
                                  kPartMagic = "course images ?\n";
inline constexpr std::uint64_t kHeaderBytes = 48, kRecordBytes = 24, kEntryBytes = 24;
inline constexpr std::uint32_t kMostNameBytes = 1 << 16;

/// Appends a number, its lowest byte first.
template <class Number>
void put(std::string& to, Number number) {
  for (std::size_t i = 0; i < sizeof number; ++i) to += static_cast<char>(number >> (8 * i) & 0xFF);
}

/// Takes numbers from the front of `bytes`, which has enough of them.
template <class Number>
Number take(std::string_view& bytes) {
  Number number = 0;
  for (std::size_t i = sizeof number; i-- > 0;) {
    number = static_cast<Number>(number << 8 | static_cast<unsigned char>(bytes[i]));
  }
  bytes.remove_prefix(sizeof number);
  return number;
}

inline std::uint32_t crc_of(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

/// The 48 bytes of a header.
inline std::string header_bytes(std::string_view magic, std::uint64_t fingerprint,
                                std::uint64_t images, std::uint64_t index_at, std::uint32_t sum) {
  std::string header(magic);
  put(header, fingerprint);
  put(header, images);
  put(header, index_at);
  put(header, sum);
  put(header, crc_of(header));
  return header;
}

}  // namespace common::data::internal
