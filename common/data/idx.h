// Reader of idx, the format of MNIST: a type, the dimensions, then the bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace common::data {

/// An array of unsigned bytes, last dimension fastest.
struct Idx {
  std::vector<std::int64_t> dims;
  std::vector<std::uint8_t> bytes;  // as many as the product of dims
};

/// The most bytes that an idx array may have here.
inline constexpr std::uint64_t kMaxIdxBytes = 1u << 30;

/// Reads an idx array of unsigned bytes with `rank` dimensions, gzipped or plain; `name` stands for
/// it in messages.
/// Errors: `Error` for another type or rank, a dimension of 0, more than `max_bytes`, and for fewer
/// or more bytes than the dimensions say.
/// Source: "The IDX file format" on yann.lecun.com/exdb/mnist. Differs: only type 0x08.
Idx parse_idx(std::string_view bytes, const std::string& name, int rank,
              std::uint64_t max_bytes = kMaxIdxBytes);

/// The same for a file.
Idx read_idx(const std::filesystem::path& path, int rank, std::uint64_t max_bytes = kMaxIdxBytes);

}  // namespace common::data
