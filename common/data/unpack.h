// Archives unpacked without trusting them, and .xz files.
#pragma once

#include <cstdint>
#include <filesystem>

namespace common::data {

/// The most that an archive may hold.
struct UnpackLimits {
  std::int64_t entries = 100'000;
  std::uint64_t bytes = 10'000'000'000;
};

/// Unpacks a tar archive (plain, or compressed with gzip, bzip2 or xz) into `folder`, which must be
/// new or empty. Errors: `Error` for a damaged archive and for one that holds anything but files
/// and folders, an absolute path, a path with "..", a name twice, or more than `limits`. What was
/// written until then stays: `folder` is the caller's to remove.
void unpack(const std::filesystem::path& archive, const std::filesystem::path& folder,
            const UnpackLimits& limits);

/// Decompresses an .xz file aside and renames it to `to`.
/// Errors: `Error` when it is damaged, is no .xz file, or holds more than `max_bytes`.
void unpack_xz(const std::filesystem::path& from, const std::filesystem::path& to,
               std::uint64_t max_bytes);

}  // namespace common::data
