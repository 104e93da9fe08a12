// A model that moves while somebody watches: the thread of the watcher's stream advances it.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "common/web/server.h"
#include "common/web/turns.h"

namespace common::web {

/// A `Model` shared by the requests that change it and the one stream that shows it. The stream's
/// thread does the work, so nothing is computed when nobody looks, and a slow watcher slows only
/// his own. A Model has
///     bool moving() const;        // is there work to do now?
///     double rate() const;        // steps a second; 0: as many as go
///     void advance();             // does one step
///     std::string scene() const;  // JSON text, sent first and again when scene_number() changes
///     std::uint64_t scene_number() const;
///     std::string frame();        // JSON text of what is seen now
/// What any of them throws in `watch` ends that stream.
template <class Model>
class Live {
 public:
  static constexpr std::chrono::milliseconds kFrame{25};  // 40 frames a second
  static constexpr std::chrono::milliseconds kLook{250};  // between looks whether the client left

  explicit Live(Model model) : model_(std::move(model)) {}

  /// Returns action(model), alone with it; the watcher then gets a frame.
  template <class Action>
  auto use(Action action) {
    const std::lock_guard turn(turns_);
    ++changes_;
    changed_.notify_all();  // the watcher gets its turn after this one
    return action(model_);
  }

  /// Returns action(model) with a model that must not be changed; no frame follows.
  template <class Action>
  auto look(Action action) const {
    const std::lock_guard turn(turns_);
    return action(model_);
  }

  /// Ends the stream that shows it, if there is one.
  void end_watch() {
    const std::lock_guard turn(turns_);
    ++watcher_;
    changed_.notify_all();
  }

  /// Shows the model on `out` until the client leaves, or a later watcher takes over. As many steps
  /// are done as are due, or fit between two frames, and at least one.
  void watch(EventStream& out) {
    Watcher me;
    me.number = begin_watch();
    while (out.open() && sleep_until_changed(me)) {
      me.tick = Clock::now();
      work(me);
      if (!show(me, out)) return;
      if (!sleep_until_due(me)) return;
    }
  }

 private:
  using Clock = std::chrono::steady_clock;

  struct Watcher {
    std::uint64_t number = 0;                 // of the watcher
    std::uint64_t seen = 0;                   // what changes_ was at the last frame
    std::optional<std::uint64_t> scene = {};  // number of the scene that was sent
    Clock::time_point tick = Clock::now();    // when the work for the coming frame began
    Clock::time_point paid = tick;            // until when steps were counted as due
    double due = 0;                           // steps, not done yet
    Clock::duration frame_cost{0};            // of the last frame
  };

  std::uint64_t begin_watch() {
    const std::lock_guard turn(turns_);
    ++changes_;
    changed_.notify_all();  // an earlier watcher sees that it is followed
    return ++watcher_;
  }

  // Returns whether `me` is still the one who watches. The model may not be moving then.
  bool sleep_until_changed(Watcher& me) {
    std::unique_lock turn(turns_);
    if (changes_ == me.seen && !model_.moving()) {
      changed_.wait_for(turn, kLook);
      me.paid = Clock::now();  // no steps are due for the time it stood still
      me.due = 0;
    }
    return watcher_ == me.number;
  }

  // Advances the model until all due steps are done or the next frame must be made.
  void work(Watcher& me) {
    // At least as long as a frame takes to make: more than half of the time never goes into frames.
    const auto until = me.tick + std::max(kFrame - me.frame_cost, me.frame_cost);
    do {
      const std::lock_guard turn(turns_);  // for each step: requests come in between
      if (watcher_ != me.number || !model_.moving()) break;
      if (const double rate = model_.rate(); rate > 0) {
        const std::chrono::duration<double> unpaid = me.tick - me.paid;
        me.due += rate * std::min(unpaid.count(), 1.0);
        me.paid = me.tick;
        if (me.due < 1) return;
        me.due -= 1;
      }
      model_.advance();
      ++changes_;
    } while (Clock::now() < until);
    me.due = std::min(me.due, 1.0);  // what did not fit is not made up for
    me.paid = me.tick;
  }

  // Sends the scene if it is a new one, and a frame if anything changed.
  bool show(Watcher& me, EventStream& out) {
    std::string scene, frame;
    {
      const std::lock_guard turn(turns_);
      if (watcher_ != me.number) return false;
      if (changes_ == me.seen) return true;
      me.seen = changes_;
      if (me.scene != model_.scene_number()) {
        me.scene = model_.scene_number();
        scene = model_.scene();
      }
      const auto begin = Clock::now();
      frame = model_.frame();
      me.frame_cost = Clock::now() - begin;
    }
    return (scene.empty() || out.send("scene", scene)) && out.send("frame", frame);
  }

  bool sleep_until_due(const Watcher& me) {
    std::unique_lock turn(turns_);
    return !changed_.wait_until(turn, me.tick + kFrame, [&] { return watcher_ != me.number; });
  }

  mutable Turns turns_;  // guards all below
  std::condition_variable_any changed_;
  Model model_;
  std::uint64_t changes_ = 0;  // made by requests and steps
  std::uint64_t watcher_ = 0;  // number of the one who watches
};

}  // namespace common::web
