#include "common/train/lanes.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace common::train {

// One waiting thread for each lane but the first, which is the caller's. The cores that the caller
// has are shared out among the lanes.
class Lanes::Threads {
 public:
  explicit Threads(std::size_t count)
      : cores_(at::get_num_threads()),
        cores_of_lane_(std::max(1, cores_ / static_cast<int>(count + 1))),
        errors_(count + 1) {
    for (std::size_t lane = 1; lane <= count; ++lane) {
      threads_.emplace_back([this, lane] { wait_for_work(lane); });
    }
    run([](std::size_t) {});  // returns when all have started and the caller's cores are its own
  }

  ~Threads() {
    {
      const std::scoped_lock lock(mutex_);
      ending_ = true;
    }
    begin_.notify_all();
    for (auto& thread : threads_) thread.join();
  }

  int cores_each() const { return cores_of_lane_; }

  // Calls `job(lane)` on every lane at once and returns when all are done. Errors: that of the
  // first lane that failed.
  void run(const std::function<void(std::size_t)>& job) {
    {
      const std::scoped_lock lock(mutex_);
      job_ = &job;
      ++round_;
      busy_ = threads_.size();
    }
    at::set_num_threads(cores_of_lane_);
    begin_.notify_all();
    call(job, 0);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return busy_ == 0; });
    at::set_num_threads(cores_);
    std::exception_ptr first;
    for (auto& error : errors_) {
      if (!first) first = error;
      error = nullptr;
    }
    if (first) std::rethrow_exception(first);
  }

 private:
  void call(const std::function<void(std::size_t)>& job, std::size_t lane) {
    try {
      job(lane);
    } catch (...) {
      errors_[lane] = std::current_exception();
    }
  }

  void wait_for_work(std::size_t lane) {
    // A thread's first loop sets its number to that of the process: here, and in LibTorch again.
    at::internal::lazy_init_num_threads();
    at::get_num_threads();
    at::set_num_threads(cores_of_lane_);
    for (std::int64_t seen = 0;;) {
      std::unique_lock lock(mutex_);
      begin_.wait(lock, [&] { return ending_ || round_ != seen; });
      if (ending_) return;
      seen = round_;
      const auto* const job = job_;
      lock.unlock();
      call(*job, lane);
      lock.lock();
      if (--busy_ == 0) done_.notify_one();
    }
  }

  const int cores_, cores_of_lane_;
  std::mutex mutex_;  // guards all below but threads_ and errors_, of which each lane has its own
  std::condition_variable begin_, done_;
  const std::function<void(std::size_t)>* job_ = nullptr;
  std::int64_t round_ = 0;
  std::size_t busy_ = 0;
  bool ending_ = false;
  std::vector<std::exception_ptr> errors_;
  std::vector<std::thread> threads_;
};

Lanes::Lanes() = default;
Lanes::~Lanes() = default;
Lanes::Lanes(Lanes&&) noexcept = default;
Lanes& Lanes::operator=(Lanes&&) noexcept = default;

Lanes::Lanes(std::vector<at::Tensor> parameters, std::vector<std::vector<at::Tensor>> replicas)
    : parameters_(std::move(parameters)), replicas_(std::move(replicas)) {
  for (auto& replica : replicas_) {
    if (replica.size() != parameters_.size()) throw std::logic_error("lanes: networks differ");
    for (std::size_t i = 0; i < replica.size(); ++i) {
      if (replica[i].sizes() != parameters_[i].sizes()) {
        throw std::logic_error("lanes: shapes of parameters differ");
      }
      replica[i].set_data(parameters_[i].detach());
    }
  }
  if (!replicas_.empty()) threads_ = std::make_unique<Threads>(replicas_.size());
}

std::int64_t Lanes::cores_each() const {
  return threads_ ? threads_->cores_each() : at::get_num_threads();
}

void Lanes::each(std::int64_t n, const std::function<void(std::int64_t, std::int64_t)>& work) {
  if (replicas_.empty()) {
    for (std::int64_t i = 0; i < n; ++i) work(i, 0);
    return;
  }
  for (auto& replica : replicas_) {  // of an earlier call, which threw
    for (const at::Tensor& parameter : replica) parameter.mutable_grad().reset();
  }
  threads_->run([&](std::size_t lane) {
    for (auto i = static_cast<std::int64_t>(lane); i < n; i += count()) {
      work(i, static_cast<std::int64_t>(lane));
    }
  });
  const at::NoGradGuard no_grad;
  for (auto& replica : replicas_) {
    std::vector<at::Tensor> sums, gradients;
    for (std::size_t i = 0; i < replica.size(); ++i) {
      const at::Tensor gradient = replica[i].grad();
      if (!gradient.defined()) continue;
      replica[i].mutable_grad().reset();
      if (parameters_[i].grad().defined()) {
        sums.push_back(parameters_[i].grad());
        gradients.push_back(gradient);
      } else {
        parameters_[i].mutable_grad() = gradient;
      }
    }
    if (!sums.empty()) at::_foreach_add_(sums, gradients);
  }
}

}  // namespace common::train
