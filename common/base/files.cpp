#include "common/base/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <regex>
#include <system_error>

#include "common/base/error.h"

namespace common::base {
namespace fs = std::filesystem;
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

// .NAME.PID-COUNT.aside.EXT: in the same folder, so that the rename stays on one file system.
fs::path aside_name(const fs::path& path) {
  static std::atomic<int> count{0};
  return path.parent_path() / ("." + path.stem().string() + "." + std::to_string(::getpid()) + "-" +
                               std::to_string(count++) + ".aside" + path.extension().string());
}

// Opens a file aside that was not there. One of that name may be left by a process that was killed
// and had our number.
int open_aside(const fs::path& path, fs::path& aside) {
  for (;;) {
    aside = aside_name(path);
    const int fd = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0 || errno != EEXIST) return fd;
  }
}

// Removes the file aside unless it was renamed.
struct Aside {
  fs::path path;
  ~Aside() {
    std::error_code ignored;
    fs::remove(path, ignored);
  }
};

void flush_to_disk(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

void rename_over(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  require(!error, "cannot write " + to.string() + ": " + error.message());
  const fs::path folder = to.parent_path();
  flush_to_disk(folder.empty() ? fs::path(".") : folder);
}

}  // namespace

void write_file(const fs::path& path, std::string_view bytes) {
  write_file(path, std::span<const std::string_view>(&bytes, 1));
}

void write_file(const fs::path& path, std::span<const std::string_view> parts) {
  fs::path name;
  const int fd = open_aside(path, name);
  int error = fd < 0 ? errno : 0;
  require(fd >= 0, "cannot write " + path.string() + ": " + reason(error));
  const Aside aside{name};
  for (std::string_view rest : parts) {
    while (!rest.empty() && error == 0) {
      const ssize_t written = ::write(fd, rest.data(), rest.size());
      if (written >= 0) {
        rest.remove_prefix(static_cast<std::size_t>(written));
      } else if (errno != EINTR) {
        error = errno;
      }
    }
  }
  if (error == 0 && ::fsync(fd) != 0) error = errno;
  if (::close(fd) != 0 && error == 0) error = errno;
  require(error == 0, "cannot write " + path.string() + ": " + reason(error));
  rename_over(aside.path, path);
}

void write_file_with(const fs::path& path, const std::function<void(const fs::path&)>& write) {
  const Aside aside{aside_name(path)};
  write(aside.path);
  flush_to_disk(aside.path);
  rename_over(aside.path, path);
}

namespace {

bool is_aside(const fs::directory_entry& entry) {
  static const std::regex aside("\\..*\\.[0-9]+-[0-9]+\\.aside.*");
  return std::regex_match(entry.path().filename().string(), aside);
}

}  // namespace

void remove_asides(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (is_aside(entry)) fs::remove(entry.path(), ignored);
  }
}

bool holds_only_asides(const fs::path& folder) {
  const fs::directory_iterator entries(folder);
  return std::all_of(begin(entries), end(entries), is_aside);
}

std::string read_file(const fs::path& path, std::uint64_t max_bytes) {
  std::error_code error;
  require(!fs::is_directory(path, error), path.string() + " is a folder, wanted a file");
  std::ifstream in(path, std::ios::binary);
  require(in.good(), "cannot read " + path.string() + ": " + reason(errno));
  std::string bytes;
  char block[1 << 16];
  while (in.read(block, sizeof block) || in.gcount() > 0) {
    bytes.append(block, static_cast<std::size_t>(in.gcount()));
    require(bytes.size() <= max_bytes, path.string() + " is larger than " + human_bytes(max_bytes) +
                                           ", the most that is read here");
  }
  require(!in.bad(), "cannot read " + path.string() + ": " + reason(errno));
  return bytes;
}

FolderLock::FolderLock(const fs::path& folder, const std::string& busy) {
  fd_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  require(fd_ >= 0, "cannot open the folder " + folder.string() + ": " + reason(errno));
  if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
  const int error = errno;
  ::close(std::exchange(fd_, -1));
  // A file system without locks keeps nobody out, which is better than keeping out everybody.
  require(error != EWOULDBLOCK, busy);
}

FolderLock::~FolderLock() {
  if (fd_ >= 0) ::close(fd_);
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  require(!error && fs::is_directory(folder),
          "cannot make the folder " + folder.string() + ": " +
              (error ? error.message() : std::string("a file of that name is in the way")));
}

std::string human_bytes(std::uint64_t bytes) {
  const char* const units[] = {"bytes", "kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes);
  int unit = 0;
  while (value >= 999.5 && unit < 4) {
    value /= 1000;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text,
                unit == 0       ? "%.0f %s"
                : value < 99.95 ? "%.1f %s"
                                : "%.0f %s",
                value, units[unit]);
  return text;
}

}  // namespace common::base
