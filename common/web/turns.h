// A mutex that is given in the order of asking.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace common::web {

/// A thread that locks and unlocks in a loop keeps nobody waiting for longer than one turn. (A
/// std::mutex may go to the same thread again and again.) For use with std::lock_guard.
class Turns {
 public:
  void lock() {
    std::unique_lock guard(mutex_);
    const std::uint64_t mine = next_++;
    moved_.wait(guard, [&] { return serving_ == mine; });
  }

  void unlock() {
    {
      const std::lock_guard guard(mutex_);
      ++serving_;
    }
    moved_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable moved_;
  std::uint64_t next_ = 0, serving_ = 0;  // tickets
};

}  // namespace common::web
