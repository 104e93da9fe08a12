// Files written aside and renamed, and files read with a limit.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace common::base {

/// Writes `bytes` to `path` so that a reader sees the old file or the whole new one, never a part:
/// into a file beside it, flushed to disk, then renamed.
/// Errors: `Error` when the folder is missing, read-only or full; nothing is left beside `path`.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// The same for a writer that needs a file name (an image encoder): calls `write(aside)`, then
/// renames `aside`, which has the extension of `path`.
void write_file_with(const std::filesystem::path& path,
                     const std::function<void(const std::filesystem::path& aside)>& write);

/// Returns the whole file.
/// Errors: `Error` when it cannot be read or is larger than `max_bytes`.
std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes = 1u << 30);

/// Creates `folder` and its parents.
/// Errors: `Error` when that is not possible, with the reason.
void make_folder(const std::filesystem::path& folder);

/// Returns 11401738 as "11.4 MB" (powers of 1000).
std::string human_bytes(std::uint64_t bytes);

}  // namespace common::base
