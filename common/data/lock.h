// A lock file that one process at a time holds.
#pragma once

#include <filesystem>
#include <functional>

namespace common::data {

/// Held from its making to its end; the file is gone afterwards. A process that is killed lets go.
class Lock {
 public:
  /// Waits for the lock; calls `waiting` once if another process holds it.
  /// Errors: `Error` when the file cannot be made; base::Interrupted when `stop` returns true.
  Lock(const std::filesystem::path& path, const std::function<bool()>& stop,
       const std::function<void()>& waiting);
  ~Lock();
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  bool is_current() const;

  std::filesystem::path path_;
  int fd_ = -1;
};

}  // namespace common::data
