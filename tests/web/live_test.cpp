#include "common/web/live.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/web/eventually.h"

namespace {

using common::web::EventStream;
using common::web::Live;
using tests::eventually;
using tests::pause;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// Counts; a step and a frame take as long as they are told to, and longer on a busy machine.
struct Counter {
  std::int64_t steps = 0;
  double step_seconds = 0, frame_seconds = 0, last_frame_seconds = 0;  // as they were
  bool on = false;
  double wanted = 0;
  int step_us = 0, frame_ms = 0;
  std::uint64_t number = 1;

  bool moving() const { return on; }
  double rate() const { return wanted; }
  void advance() {
    const auto begin = Clock::now();
    if (step_us > 0) std::this_thread::sleep_for(std::chrono::microseconds(step_us));
    if (step_us < 0) throw std::runtime_error("a step failed");
    ++steps;
    step_seconds += seconds_since(begin);
  }
  std::string scene() const { return "scene " + std::to_string(number); }
  std::uint64_t scene_number() const { return number; }
  std::string frame() {
    const auto begin = Clock::now();
    if (frame_ms > 0) pause(frame_ms);
    frame_seconds += last_frame_seconds = seconds_since(begin);
    return std::to_string(steps);
  }
};

// Keeps what it is sent; closes when told.
struct Recorder : EventStream {
  bool send(std::string_view name, std::string_view data) override {
    if (send_ms > 0) pause(send_ms);
    const std::lock_guard lock(mutex);
    events.push_back(std::string(name) + ": " + std::string(data));
    return !left;
  }
  bool open() const override { return !left; }

  std::vector<std::string> seen() const {
    const std::lock_guard lock(mutex);
    return events;
  }

  mutable std::mutex mutex;
  std::vector<std::string> events;
  std::atomic<bool> left{false};
  int send_ms = 0;
};

// Watches a model in a thread of its own.
struct Watching {
  explicit Watching(Live<Counter>& live, int send_ms = 0) {
    recorder.send_ms = send_ms;
    thread = std::thread([&] {
      live.watch(recorder);
      ended = true;
    });
  }
  ~Watching() { end(); }
  // Whether so many events came, and no more of them in the time of several frames.
  bool gets(std::size_t count) {
    const bool came = eventually([&] { return recorder.seen().size() >= count; });
    pause(80);
    return came && recorder.seen().size() == count;
  }
  void end() {
    recorder.left = true;
    if (thread.joinable()) thread.join();
  }
  Recorder recorder;
  std::atomic<bool> ended{false};
  std::thread thread;
};

std::int64_t steps_of(Live<Counter>& live) {
  return live.look([](const Counter& counter) { return counter.steps; });
}

TEST(Turns, GoInTheOrderOfAsking) {
  common::web::Turns turns;
  int in_order = 0;
  for (int round = 0; round < 10; ++round) {
    std::atomic<bool> asked{false}, had_its_turn{false};
    turns.lock();
    std::thread other([&] {
      asked = true;
      const std::lock_guard turn(turns);
      had_its_turn = true;
    });
    eventually([&] { return asked.load(); });
    pause(10);  // now it waits
    turns.unlock();
    turns.lock();  // a std::mutex would come back at once
    if (had_its_turn) ++in_order;
    turns.unlock();
    other.join();
  }
  EXPECT_GE(in_order, 9);  // on a busy machine it may not have waited yet
}

TEST(Live, SendsTheSceneThenAFrameAndThenNothing) {
  Live live{Counter()};
  Watching watching(live);
  EXPECT_TRUE(watching.gets(2));
  pause(2 * Live<Counter>::kLook.count());
  EXPECT_EQ(watching.recorder.seen(), (std::vector<std::string>{"scene: scene 1", "frame: 0"}));
}

TEST(Live, SendsAFrameAfterEachChangeAndTheSceneWhenItIsNew) {
  Live live{Counter()};
  Watching watching(live);
  EXPECT_TRUE(watching.gets(2));
  live.use([](Counter& counter) { counter.steps = 5; });
  EXPECT_TRUE(watching.gets(3));
  EXPECT_EQ(live.use([](Counter& counter) { return counter.number = 2; }), 2u);
  EXPECT_TRUE(watching.gets(5));
  steps_of(live);  // a look changes nothing
  EXPECT_TRUE(watching.gets(5));
  EXPECT_EQ(watching.recorder.seen(),
            (std::vector<std::string>{"scene: scene 1", "frame: 0", "frame: 5", "scene: scene 2",
                                      "frame: 5"}));
}

TEST(Live, ShowsAChangeSoon) {
  Live live{Counter()};
  Watching watching(live);
  double seconds = 0;
  for (std::size_t i = 2; i < 10; ++i) {
    EXPECT_TRUE(watching.gets(i));
    const auto begin = Clock::now();
    live.use([](Counter& counter) { ++counter.steps; });
    eventually([&] { return watching.recorder.seen().size() > i; });
    seconds += seconds_since(begin);
  }
  EXPECT_LT(seconds / 8, 0.07);  // half of Live::kLook, were it not woken
}

TEST(Live, ManyChangesMakeFortyFramesASecondAtMost) {
  Live live{Counter()};
  Watching watching(live);
  const auto begin = Clock::now();
  for (int i = 0; i < 250; ++i) {
    live.use([](Counter& counter) { ++counter.steps; });
    pause(2);
  }
  watching.end();
  const auto frames = static_cast<double>(watching.recorder.events.size()) - 1;
  EXPECT_LE(frames, seconds_since(begin) * 40 + 2);
  EXPECT_GE(frames, 8);
}

TEST(Live, DoesTheStepsThatAreDue) {
  for (const double rate : {30.0, 400.0}) {
    Live live{Counter{.on = true, .wanted = rate}};
    Watching watching(live);
    const auto begin = Clock::now();
    pause(500);
    const auto steps = static_cast<double>(steps_of(live));
    const double seconds = seconds_since(begin);
    EXPECT_GE(steps, rate * seconds * 0.7 - 2);
    EXPECT_LE(steps, rate * seconds * 1.1 + 2);
    watching.end();
    EXPECT_LE(static_cast<double>(watching.recorder.events.size()), seconds * 40 + 4);
  }
}

TEST(Live, AsFastAsItGoesStillShowsFrames) {
  Live live{Counter{.on = true, .step_us = 100}};
  const auto begin = Clock::now();
  Watching watching(live);
  pause(500);
  watching.end();
  EXPECT_GE(watching.recorder.events.size(), 8u);
  EXPECT_LE(static_cast<double>(watching.recorder.events.size()), seconds_since(begin) * 40 + 3);
  EXPECT_GE(steps_of(live), 200);
}

TEST(Live, LongFramesLeaveHalfOfTheTimeToSteps) {
  Live live{Counter{.on = true, .step_us = 1000, .frame_ms = 40}};
  Watching watching(live);
  pause(600);
  watching.end();
  live.look([](const Counter& counter) {  // after each frame but the last, steps for as long
    EXPECT_GE(counter.frame_seconds, 0.1);
    EXPECT_GE(counter.step_seconds, 0.7 * (counter.frame_seconds - counter.last_frame_seconds));
  });
}

TEST(Live, RequestsGetInWhileItWorks) {
  Live live{Counter{.on = true, .step_us = 2000}};
  Watching watching(live);
  pause(50);
  const auto begin = Clock::now();
  for (int i = 0; i < 50; ++i) live.use([](Counter&) {});
  EXPECT_LT(seconds_since(begin), 0.6);  // some 2 ms each; 25 ms each, came they in between frames
}

TEST(Live, ASlowWatcherSlowsOnlyHisOwn) {
  Live slow{Counter{.on = true, .wanted = 1000}}, quick{Counter{.on = true, .wanted = 1000}};
  Watching one(slow, /*send_ms=*/200), other(quick);
  pause(500);
  const auto begin = Clock::now();
  slow.use([](Counter&) {});  // the model is free while its frame is on the way
  EXPECT_LT(Clock::now() - begin, std::chrono::milliseconds(100));
  EXPECT_GE(steps_of(quick), 350);
  EXPECT_LT(steps_of(slow), steps_of(quick));
}

TEST(Live, ALaterWatcherTakesOver) {
  Live live{Counter{.on = true, .wanted = 100}};
  Watching first(live);
  EXPECT_TRUE(eventually([&] { return !first.recorder.seen().empty(); }));
  Watching second(live);
  EXPECT_TRUE(eventually([&] { return first.ended.load(); }));
  EXPECT_TRUE(eventually([&] { return second.recorder.seen().size() > 2; }));
  const auto before = first.recorder.seen().size();
  pause(100);
  EXPECT_EQ(first.recorder.seen().size(), before);
  EXPECT_EQ(second.recorder.seen().front(), "scene: scene 1");
}

TEST(Live, AWatchIsEnded) {
  Live still{Counter()}, moving{Counter{.on = true, .wanted = 100}};
  Watching one(still), other(moving);
  EXPECT_TRUE(one.gets(2));
  still.end_watch();
  moving.end_watch();
  EXPECT_TRUE(eventually([&] { return one.ended && other.ended; }));
  still.end_watch();  // nobody watches: no error
}

TEST(Live, StandsStillWhenNobodyWatches) {
  Live live{Counter{.on = true}};
  {
    Watching watching(live);
    EXPECT_TRUE(eventually([&] { return steps_of(live) > 0; }));
  }
  const auto steps = steps_of(live);
  pause(50);
  EXPECT_EQ(steps_of(live), steps);
}

TEST(Live, AFaultEndsTheStreamAndLeavesTheModelUsable) {
  Live live{Counter{.on = true, .step_us = -1}};
  Recorder recorder;
  EXPECT_THROW(live.watch(recorder), std::runtime_error);
  EXPECT_EQ(steps_of(live), 0);
  EXPECT_THROW(live.use([](Counter&) { throw std::runtime_error("no"); }), std::runtime_error);
  EXPECT_EQ(steps_of(live), 0);
}

}  // namespace
