// A file that is written at its end, for pack_images.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "common/base/error.h"
#include "common/base/json.h"

namespace common::data::internal {

/// An open file. Errors of all: `Error` with the reason.
class GrowingFile {
 public:
  explicit GrowingFile(const std::filesystem::path& path)
      : path_(path), fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
    struct stat about = {};
    require_done(fd_ >= 0 && ::fstat(fd_, &about) == 0, "write");
    bytes_ = static_cast<std::uint64_t>(about.st_size);
  }
  ~GrowingFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  GrowingFile(const GrowingFile&) = delete;
  GrowingFile& operator=(const GrowingFile&) = delete;

  std::uint64_t bytes() const { return bytes_; }

  void cut(std::uint64_t bytes) {
    require_done(::ftruncate(fd_, static_cast<off_t>(bytes)) == 0, "write");
    bytes_ = bytes;
  }

  void append(std::string_view bytes) {
    write_at(bytes_, bytes);
    bytes_ += bytes.size();
  }

  void write_at(std::uint64_t at, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t wrote = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at));
      if (wrote < 0 && errno == EINTR) continue;
      require_done(wrote >= 0, "write");
      bytes.remove_prefix(static_cast<std::size_t>(wrote));
      at += static_cast<std::uint64_t>(wrote);
    }
  }

  /// Returns `count` bytes from `at` on, in `buffer`; fewer where the file ends.
  std::string_view read_at(std::uint64_t at, std::uint64_t count, std::string& buffer) const {
    const std::uint64_t left = at < bytes_ ? bytes_ - at : 0;
    const auto wanted = static_cast<std::size_t>(count < left ? count : left);
    if (buffer.size() < wanted) buffer.resize(wanted);
    std::size_t have = 0;
    while (have < wanted) {
      const ssize_t got =
          ::pread(fd_, buffer.data() + have, wanted - have, static_cast<off_t>(at + have));
      if (got < 0 && errno == EINTR) continue;
      require_done(got >= 0, "read");
      if (got == 0) break;
      have += static_cast<std::size_t>(got);
    }
    return {buffer.data(), have};
  }

  void flush() { require_done(::fsync(fd_) == 0, "write"); }

 private:
  void require_done(bool done, const char* what) const {
    base::require(done, [&] {
      return std::string("cannot ") + what + " " + base::shown(path_.string()) + ": " +
             std::generic_category().message(errno);
    });
  }

  std::filesystem::path path_;
  int fd_;
  std::uint64_t bytes_ = 0;
};

}  // namespace common::data::internal
