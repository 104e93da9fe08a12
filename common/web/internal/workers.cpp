#include "common/web/internal/workers.h"

#include <system_error>
#include <utility>

namespace common::web::internal {

void Workers::enqueue(std::function<void()> work) {
  look_();
  tidy();
  if (workers_.size() < most_) {
    Worker& worker = workers_.emplace_back();
    try {
      worker.thread = std::thread([&done = worker.done, work] {
        work();
        done = true;
      });
      return;
    } catch (const std::system_error&) {  // the system has no more threads
      workers_.pop_back();
    }
  }
  work();
}

void Workers::on_idle() {
  look_();
  tidy();
}

void Workers::shutdown() {
  for (auto& worker : workers_) worker.thread.join();
  workers_.clear();
}

void Workers::tidy() {
  workers_.remove_if([](Worker& worker) {
    if (!worker.done) return false;
    worker.thread.join();
    return true;
  });
}

}  // namespace common::web::internal
