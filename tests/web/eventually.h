// Waiting for what must happen soon, on a machine of any speed.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace tests {

inline void pause(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

/// Returns whether `condition` becomes true within `seconds`.
inline bool eventually(const std::function<bool()>& condition, double seconds = 5) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    pause(5);
  }
  return true;
}

}  // namespace tests
