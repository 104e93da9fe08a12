#include "common/data/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

#include "common/base/error.h"
#include "common/base/interrupt.h"

namespace common::data {

Lock::Lock(const std::filesystem::path& path, const std::function<bool()>& stop,
           const std::function<void()>& waiting)
    : path_(path) {
  for (bool told = false;; told = true) {
    fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    base::require(fd_ >= 0, "cannot write in " + path.parent_path().string() + ": " +
                                std::generic_category().message(errno));
    const bool locked = ::flock(fd_, LOCK_EX | LOCK_NB) == 0;
    // A file system without locks keeps nobody out, which is better than keeping out everybody.
    if (locked ? is_current() : errno != EWOULDBLOCK && errno != EINTR) return;
    ::close(fd_);
    if (!told) waiting();
    if (stop && stop()) throw base::Interrupted();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

Lock::~Lock() {
  ::unlink(path_.c_str());
  ::close(fd_);
}

// The one that held it before removed the file: a lock on a removed file keeps nobody out.
bool Lock::is_current() const {
  struct stat mine = {}, there = {};
  return ::fstat(fd_, &mine) == 0 && ::stat(path_.c_str(), &there) == 0 &&
         mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
}

}  // namespace common::data
