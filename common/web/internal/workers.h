// A thread for each connection, up to a limit.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <list>
#include <thread>

#include "common/web/internal/httplib.h"

namespace common::web::internal {

/// What httplib hands its connections to. All calls come from the accepting thread.
class Workers final : public httplib::TaskQueue {
 public:
  /// Args: `look` is called often, by the accepting thread.
  Workers(std::size_t most, std::function<void()> look) : most_(most), look_(std::move(look)) {}

  /// Runs `work` in a thread of its own; in the calling thread where there are `most` already.
  void enqueue(std::function<void()> work) override;
  void on_idle() override;
  /// Waits for all threads.
  void shutdown() override;

 private:
  struct Worker {
    std::atomic<bool> done{false};
    std::thread thread;
  };
  void tidy();

  const std::size_t most_;
  const std::function<void()> look_;
  std::list<Worker> workers_;  // a list: threads refer to their place
};

}  // namespace common::web::internal
