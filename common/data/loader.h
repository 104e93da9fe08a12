// Loader: worker threads prepare the batches of an epoch ahead of the loop that uses them.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <numeric>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/base/random.h"
#include "common/dist/world.h"

namespace common::data {

/// Which samples a batch has. Follows from settings, seed and position alone.
struct BatchPlan {
  std::int64_t position = 0;      ///< batches before this one since training began
  std::int64_t epoch = 0;         ///< from 0
  std::vector<std::int64_t> ids;  ///< this rank's samples, in order
  std::uint64_t seed = 0;         ///< for the draws of augmentation; another one on each rank
};

/// How an epoch is cut into batches.
struct LoaderOptions {
  std::int64_t samples = 0;     ///< N, in the set
  std::int64_t batch_size = 1;  ///< of all ranks together
  bool shuffle = true;          ///< a new order each epoch
  bool drop_last = true;        ///< leave out the last batch of an epoch when it is not full
  std::int64_t per_epoch = 0;   ///< batches of an epoch, if fewer than the samples make; 0: all
  std::uint64_t seed = 0;
  dist::World world = {};
  std::int64_t workers = 1;   ///< threads; 0: next() prepares the batch itself
  std::int64_t prefetch = 2;  ///< batches ready or being made for each worker
};

/// Returns the batches of one epoch.
/// Errors: `Error` when there are no samples, or a batch is empty or smaller than the world.
inline std::int64_t batches_per_epoch(const LoaderOptions& o) {
  base::require(o.samples > 0, "there are no samples to load");
  base::require(o.batch_size >= o.world.size, "a batch of " + std::to_string(o.batch_size) +
                                                  " cannot be split over " +
                                                  std::to_string(o.world.size) + " ranks");
  base::require(!o.drop_last || o.batch_size <= o.samples,
                "a batch of " + std::to_string(o.batch_size) + " is more than the " +
                    std::to_string(o.samples) + " samples that there are");
  const std::int64_t all =
      o.drop_last ? o.samples / o.batch_size : (o.samples + o.batch_size - 1) / o.batch_size;
  return o.per_epoch > 0 ? std::min(o.per_epoch, all) : all;
}

/// The order of the samples and the split over ranks: what is deterministic in a loader.
/// Every rank draws the same order. A batch is the same samples whatever the number of ranks; rank
/// r takes every `world.size`-th of them, from the r-th. Without drop_last the last batch of an
/// epoch may hold fewer samples than there are ranks: some then get none.
class BatchPlanner {
 public:
  explicit BatchPlanner(LoaderOptions options)
      : options_(options), per_epoch_(data::batches_per_epoch(options)) {}

  std::int64_t per_epoch() const { return per_epoch_; }

  BatchPlan plan(std::int64_t position) {
    const LoaderOptions& o = options_;
    BatchPlan plan;
    plan.position = position;
    plan.epoch = position / per_epoch_;
    const std::vector<std::int64_t>& order = order_of(plan.epoch);
    const std::int64_t begin = (position % per_epoch_) * o.batch_size;
    const std::int64_t end = std::min(begin + o.batch_size, o.samples);
    for (std::int64_t i = begin + o.world.rank; i < end; i += o.world.size) {
      plan.ids.push_back(order[static_cast<std::size_t>(i)]);
    }
    const auto stream = static_cast<std::uint64_t>(position * o.world.size + o.world.rank);
    plan.seed = base::Random(o.seed, kDraws + stream).bits();
    return plan;
  }

 private:
  static constexpr std::uint64_t kOrders = std::uint64_t{1} << 60, kDraws = kOrders << 1;

  const std::vector<std::int64_t>& order_of(std::int64_t epoch) {
    if (epoch == order_epoch_) return order_;
    if (options_.shuffle) {
      base::Random random(options_.seed, kOrders + static_cast<std::uint64_t>(epoch));
      order_ = random.permutation(options_.samples);
    } else {
      order_.resize(static_cast<std::size_t>(options_.samples));
      std::iota(order_.begin(), order_.end(), 0);
    }
    order_epoch_ = epoch;
    return order_;
  }

  LoaderOptions options_;
  std::int64_t per_epoch_, order_epoch_ = -1;
  std::vector<std::int64_t> order_;  // [N], of order_epoch_
};

/// Prepares batches in worker threads, in an order that does not depend on their number. `Batch` is
/// whatever `make` returns; `make` runs in several threads at once and draws from the plan's seed.
///
///     Loader<Batch> loader(options, [&](const BatchPlan& plan) { return make_batch(set, plan); });
///     for (;;) step(loader.next());
template <class Batch>
class Loader {
 public:
  using Make = std::function<Batch(const BatchPlan&)>;

  Loader(LoaderOptions options, Make make)
      : options_(options), make_(std::move(make)), planner_(options) {
    base::require(options.workers >= 0 && options.workers <= 256,
                  "a loader takes 0 to 256 workers, not " + std::to_string(options.workers));
  }

  ~Loader() { stop_workers(); }
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  std::int64_t batches_per_epoch() const { return planner_.per_epoch(); }

  /// Returns how many batches were taken since training began. All that a checkpoint needs.
  std::int64_t position() const { return position_; }

  /// Goes on after `position` batches, as a loader that had returned them.
  void seek(std::int64_t position) {
    base::require(position >= 0, "a loader cannot go before its first batch");
    stop_workers();
    position_ = position;
  }

  /// Returns the next batch, without end: epoch follows epoch.
  /// Errors: what `make` threw for this batch; next() may be called again, for the one after it.
  Batch next() {
    if (options_.workers == 0) return make_(planner_.plan(position_++));
    if (threads_.empty()) start_workers();
    std::unique_lock lock(mutex_);
    made_.wait(lock, [&] { return ready_.count(position_) != 0; });
    Slot slot = std::move(ready_.extract(position_).mapped());
    ++position_;
    lock.unlock();
    wanted_.notify_all();  // a place came free
    if (slot.error) std::rethrow_exception(slot.error);
    return std::move(*slot.batch);
  }

 private:
  struct Slot {
    std::optional<Batch> batch;
    std::exception_ptr error;
  };

  void start_workers() {
    stop_ = false;
    planned_ = position_;
    for (std::int64_t i = 0; i < options_.workers; ++i) threads_.emplace_back([this] { work(); });
  }

  void stop_workers() {
    {
      const std::scoped_lock lock(mutex_);
      stop_ = true;
    }
    wanted_.notify_all();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
    ready_.clear();
  }

  void work() {
    for (;;) {
      std::unique_lock lock(mutex_);
      wanted_.wait(lock, [&] {
        const auto ahead = std::max<std::int64_t>(1, options_.prefetch) * options_.workers;
        return stop_ || planned_ < position_ + ahead;
      });
      if (stop_) return;
      const std::int64_t position = planned_++;
      Slot slot;
      try {
        const BatchPlan plan = planner_.plan(position);
        lock.unlock();
        slot.batch = make_(plan);
      } catch (...) {
        slot.error = std::current_exception();
      }
      if (!lock.owns_lock()) lock.lock();
      ready_.emplace(position, std::move(slot));
      lock.unlock();
      made_.notify_one();  // only next() waits for it
    }
  }

  const LoaderOptions options_;
  const Make make_;
  std::mutex mutex_;  // guards all below but threads_
  std::condition_variable wanted_, made_;
  BatchPlanner planner_;
  std::map<std::int64_t, Slot> ready_;       // by position
  std::int64_t position_ = 0, planned_ = 0;  // taken, and handed to workers
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace common::data
