#include "common/data/idx.h"

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/data/gzip.h"

namespace common::data {
namespace {

constexpr std::uint64_t kMaxHeader = 4 + 4 * 255;  // the rank is one byte

// The array as text, for messages: "60000 x 28 x 28".
std::string shape(const std::vector<std::int64_t>& dims) {
  std::string text;
  for (const std::int64_t dim : dims) text += (text.empty() ? "" : " x ") + std::to_string(dim);
  return text;
}

Idx parse_plain(std::string_view bytes, const std::string& name, int rank,
                std::uint64_t max_bytes) {
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); };
  const auto header = static_cast<std::size_t>(4 + 4 * rank);
  base::require(bytes.size() >= 4, name + " has " + std::to_string(bytes.size()) +
                                       " bytes, too few for an idx header");
  base::require(byte(0) == 0 && byte(1) == 0,
                name + " is no idx file: its first two bytes are not zero");
  base::require(byte(2) == 0x08, name + " has idx type " + std::to_string(byte(2)) +
                                     ", expected 8 (unsigned bytes)");
  base::require(byte(3) == rank, name + " has " + std::to_string(byte(3)) +
                                     " dimensions, expected " + std::to_string(rank));
  base::require(bytes.size() >= header, name + " ends within its idx header");
  Idx idx;
  std::uint64_t count = 1;
  for (int i = 0; i < rank; ++i) {
    const auto at = static_cast<std::size_t>(4 + 4 * i);
    const std::uint32_t dim = static_cast<std::uint32_t>(byte(at)) << 24 | byte(at + 1) << 16 |
                              byte(at + 2) << 8 | byte(at + 3);
    idx.dims.push_back(dim);
    base::require(dim > 0, name + " has a dimension of 0");
    base::require(count <= max_bytes / dim, name + " says it holds " + shape(idx.dims) +
                                                "..., more than " + base::human_bytes(max_bytes) +
                                                ", the most that is read here");
    count *= dim;
  }
  const std::string_view rest = bytes.substr(header);
  base::require(rest.size() == count, name + " has " + std::to_string(rest.size()) +
                                          " bytes of data, expected " + std::to_string(count) +
                                          " (" + shape(idx.dims) + ")");
  idx.bytes.assign(rest.begin(), rest.end());
  return idx;
}

}  // namespace

Idx parse_idx(std::string_view bytes, const std::string& name, int rank, std::uint64_t max_bytes) {
  base::require(rank >= 1 && rank <= 255, "idx: wanted a rank of 1 to 255");
  if (!is_gzip(bytes)) return parse_plain(bytes, name, rank, max_bytes);
  return parse_plain(gunzip(bytes, name, max_bytes + kMaxHeader), name, rank, max_bytes);
}

Idx read_idx(const std::filesystem::path& path, int rank, std::uint64_t max_bytes) {
  return parse_idx(base::read_file(path, max_bytes + kMaxHeader), path.string(), rank, max_bytes);
}

}  // namespace common::data
