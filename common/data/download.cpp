#include "common/data/download.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include "common/base/error.h"
#include "common/base/interrupt.h"
#include "common/data/part_file.h"
#include "common/data/transfer.h"

namespace common::data {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kProgressBytes = 64'000;  // fewer than these count as no progress

void wait(double seconds, const Download& request) {
  const Clock::time_point began = Clock::now();
  while (Clock::now() - began < std::chrono::duration<double>(seconds)) {
    if (request.stop && request.stop()) throw base::Interrupted();
    std::this_thread::sleep_for(
        std::chrono::duration<double>(std::min(0.1, std::max(0.001, seconds))));
  }
}

}  // namespace

bool download(const Download& request) {
  PartFile file(request.part);
  const auto clear = [&] {
    const std::string failure = file.clear();
    base::require(failure.empty(), failure);
  };
  if (file.bytes() > request.max_bytes) clear();
  if (request.exact_bytes != 0 && file.bytes() == request.exact_bytes) return true;
  std::uint64_t best = file.bytes();
  double pause = request.patience.backoff_s;
  bool connected = false, started_again = false;
  for (int failures = 0;;) {
    Transfer transfer(request, file);
    const Outcome outcome = transfer.run();
    connected = connected || transfer.connected();
    const std::string told = request.url + ": " + transfer.why();
    if (outcome == Outcome::kNotFound) return false;
    if (outcome == Outcome::kDone) {
      file.flush();
      return true;
    }
    if (outcome == Outcome::kRefused || (outcome == Outcome::kStartAgain && started_again)) {
      throw base::Error(told);
    }
    if (outcome == Outcome::kStartAgain) {
      started_again = true;
      clear();
      continue;
    }
    if (file.bytes() >= best + kProgressBytes) {
      failures = 0;
      pause = request.patience.backoff_s;
    }
    best = std::max(best, file.bytes());
    // A server that never answered is not there; one that did may be back in a moment.
    if (!connected || ++failures > request.patience.retries) throw base::Error(told);
    if (request.say) request.say(told + "; trying again");
    wait(pause, request);
    pause = std::min(2 * pause, 30.0);
  }
}

}  // namespace common::data
