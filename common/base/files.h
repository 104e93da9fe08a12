// Files written aside and renamed, and files read with a limit.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace common::base {

/// Writes `bytes` to `path` so that a reader sees the old file or the whole new one, never a part:
/// into a file beside it, flushed to disk, then renamed.
/// Errors: `Error` when the folder is missing, read-only or full; nothing is left beside `path`.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// The same for bytes that lie in several places: writes one after the other.
void write_file(const std::filesystem::path& path, std::span<const std::string_view> parts);

/// The same for a writer that needs a file name (an image encoder): calls `write(aside)`, then
/// renames `aside`, which has the extension of `path`.
void write_file_with(const std::filesystem::path& path,
                     const std::function<void(const std::filesystem::path& aside)>& write);

/// Removes what processes that were killed while they wrote files aside have left in `folder`.
void remove_asides(const std::filesystem::path& folder);

/// Returns whether `folder` is empty or holds nothing but such files.
bool holds_only_asides(const std::filesystem::path& folder);

/// Returns the whole file.
/// Errors: `Error` when it cannot be read or is larger than `max_bytes`.
std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes = 1u << 30);

/// While it lives, no other process has one for the same folder. A process that is killed lets go.
class FolderLock {
 public:
  FolderLock() = default;  ///< of no folder
  /// Errors: `Error` when another process has it; `busy` is what that message says.
  FolderLock(const std::filesystem::path& folder, const std::string& busy);
  ~FolderLock();
  FolderLock(FolderLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FolderLock& operator=(FolderLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

 private:
  int fd_ = -1;
};

/// Creates `folder` and its parents.
/// Errors: `Error` when that is not possible, with the reason.
void make_folder(const std::filesystem::path& folder);

/// Returns 11401738 as "11.4 MB" (powers of 1000).
std::string human_bytes(std::uint64_t bytes);

}  // namespace common::base
