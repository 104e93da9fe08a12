// The file that a download grows in.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>

#include "common/base/error.h"

namespace common::data {

/// An open file that bytes are appended to. What is called from within libcurl, through which
/// nothing may be thrown, returns "" or why it failed.
class PartFile {
 public:
  /// Opens the file, or makes it; goes on where it ends.
  explicit PartFile(const std::filesystem::path& path)
      : path_(path), fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    base::require(fd_ >= 0, failure());
    const off_t end = ::lseek(fd_, 0, SEEK_END);
    bytes_ = end > 0 ? static_cast<std::uint64_t>(end) : 0;
  }
  ~PartFile() { ::close(fd_); }
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  /// Returns how many bytes it has.
  std::uint64_t bytes() const { return bytes_; }

  /// Throws its bytes away.
  std::string clear() {
    if (::ftruncate(fd_, 0) != 0 || ::lseek(fd_, 0, SEEK_SET) != 0) return failure();
    bytes_ = 0;
    return "";
  }

  /// Appends bytes.
  std::string append(const char* bytes, std::size_t count) {
    while (count > 0) {
      const ssize_t wrote = ::write(fd_, bytes, count);
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return failure();
      bytes += wrote;
      count -= static_cast<std::size_t>(wrote);
      bytes_ += static_cast<std::uint64_t>(wrote);
    }
    return "";
  }

  /// Waits until its bytes are on disk.
  void flush() { ::fsync(fd_); }

 private:
  std::string failure() const {
    return "cannot write " + path_.string() + ": " + std::generic_category().message(errno);
  }

  std::filesystem::path path_;
  int fd_;
  std::uint64_t bytes_ = 0;
};

}  // namespace common::data
