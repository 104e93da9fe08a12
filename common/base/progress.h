// A progress bar with rate and time left on a terminal, plain lines elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

namespace common::base {

/// Returns 75 as "1:15", 3.2 as "3.2 s", 4000 as "1:06:40".
std::string human_seconds(double seconds);

/// Shows how far a loop is. On a terminal one line is redrawn ten times a second; elsewhere a line
/// is printed every ten seconds. Nothing is printed for work that ends within a second.
class Progress {
 public:
  /// Args: `label` what is done; `total` how many `unit`s; `start` how many were done before (a
  /// resumed run), which the rate leaves out; `out` nullptr: nothing is shown.
  Progress(std::string label, std::int64_t total, std::string unit, std::int64_t start = 0,
           std::FILE* out = stderr);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Says that `done` units are done; `note` is shown behind (the loss, say).
  void update(std::int64_t done, const std::string& note = "");

  /// Returns the line for `done` units after `seconds`; what update() prints.
  std::string line(std::int64_t done, double seconds, const std::string& note) const;

 private:
  using Clock = std::chrono::steady_clock;
  std::string label_, unit_;
  std::int64_t total_, start_;
  std::FILE* out_;
  bool terminal_;
  bool shown_ = false;
  Clock::time_point began_ = Clock::now(), printed_ = began_;
};

}  // namespace common::base
