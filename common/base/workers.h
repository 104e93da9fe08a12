// Work that is shared out among threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace common::base {

/// Returns `wanted` threads, 256 at most, or one for each core when that is 0.
inline std::int64_t threads_or_cores(std::int64_t wanted) {
  const std::int64_t cores = std::thread::hardware_concurrency();
  return std::clamp<std::int64_t>(wanted > 0 ? wanted : cores, 1, 256);
}

/// Calls work(thread, i) once for each i from 0 to count - 1, on `threads` threads, of which the
/// caller's is number 0. Whoever is free takes the next i.
/// Errors: the first that `work` throws; what was not begun by then is left out.
template <class Work>
void share_out(std::int64_t count, std::int64_t threads, const Work& work) {
  std::atomic<std::int64_t> next{0};
  std::exception_ptr error;
  std::mutex mutex;  // guards error
  const auto take = [&](std::int64_t thread) {
    try {
      for (std::int64_t i; (i = next++) < count;) work(thread, i);
    } catch (...) {
      next = count;
      const std::scoped_lock lock(mutex);
      if (!error) error = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> others;
    for (std::int64_t i = 1; i < std::min(threads, count); ++i) others.emplace_back(take, i);
    take(0);
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace common::base
