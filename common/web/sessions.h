// Visitors' own things, each under a key that cannot be guessed, gone when not used for a while.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/web/server.h"

namespace common::web {

/// Returns 32 hex digits from the system's random source.
std::string new_session_key();

/// A table of `Thing`s by session key. All calls may come from any thread. A thing is in use while
/// somebody holds what `find` returned, as a stream does: then it does not expire.
template <class Thing>
class Sessions {
 public:
  using Clock = std::chrono::steady_clock;
  using Now = std::function<Clock::time_point()>;
  /// How long a thing must have been idle to make room for another when the table is full: a page
  /// that is looked at holds a stream all the time.
  static constexpr std::chrono::seconds kMakesRoom{5};

  /// Args: `most` at once; `idle` is how long a thing stays that nobody uses; `now` is the clock.
  Sessions(std::size_t most, std::chrono::seconds idle, Now now = Clock::now)
      : most_(most), idle_(idle), now_(std::move(now)) {}

  /// Returns the key of a new session. When there are `most` already, the one idle for longest
  /// goes. Errors: `Refusal` 503 when all of them are in use or were in the last seconds.
  std::string open(std::shared_ptr<Thing> thing) {
    Dropped dropped;  // ends after the lock does: a thing may take long to destroy
    const std::lock_guard lock(mutex_);
    sweep(dropped);
    if (entries_.size() >= most_) make_room(dropped);
    std::string key = new_session_key();
    auto entry = std::make_shared<Entry>();
    entry->thing = std::move(thing);
    entry->used = now_();
    entries_.emplace(key, std::move(entry));
    return key;
  }

  /// Returns the thing and begins its idle time anew.
  /// Errors: `Refusal` 404 when there is none (any more).
  std::shared_ptr<Thing> find(const std::string& key) {
    Dropped dropped;
    const std::lock_guard lock(mutex_);
    sweep(dropped);
    const auto found = entries_.find(key);
    if (found == entries_.end()) throw Refusal(404, "this session has ended; load the page again");
    found->second->used = now_();
    // When the last holder lets go, the idle time begins.
    return {found->second->thing.get(),
            [entry = found->second, now = now_](Thing*) { entry->used = now(); }};
  }

  /// Ends a session and returns its thing, which holders keep; null for an unknown key.
  std::shared_ptr<Thing> close(const std::string& key) {
    Dropped dropped;
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) return nullptr;
    auto thing = found->second->thing;
    drop(found, dropped);
    return thing;
  }

  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
  }

 private:
  struct Entry {
    std::shared_ptr<Thing> thing;
    std::atomic<Clock::time_point> used;
    // The table's own pointer is one use; new ones are made only under the lock.
    static bool in_use(const std::shared_ptr<Entry>& entry) { return entry.use_count() > 1; }
  };
  using Entries = std::unordered_map<std::string, std::shared_ptr<Entry>>;
  using Dropped = std::vector<std::shared_ptr<Entry>>;

  typename Entries::iterator drop(typename Entries::iterator at, Dropped& dropped) {
    dropped.push_back(std::move(at->second));
    return entries_.erase(at);
  }

  void sweep(Dropped& dropped) {
    const auto before = now_() - idle_;
    for (auto at = entries_.begin(); at != entries_.end();) {
      const bool expired = !Entry::in_use(at->second) && at->second->used.load() < before;
      at = expired ? drop(at, dropped) : std::next(at);
    }
  }

  void make_room(Dropped& dropped) {
    auto longest = entries_.end();
    for (auto at = entries_.begin(); at != entries_.end(); ++at) {
      if (Entry::in_use(at->second)) continue;
      if (longest == entries_.end() || at->second->used.load() < longest->second->used.load()) {
        longest = at;
      }
    }
    if (longest == entries_.end() || now_() - longest->second->used.load() < kMakesRoom) {
      throw Refusal(503, "too many visitors at once; try again in a moment");
    }
    drop(longest, dropped);
  }

  const std::size_t most_;
  const std::chrono::seconds idle_;
  const Now now_;
  mutable std::mutex mutex_;
  Entries entries_;
};

}  // namespace common::web
