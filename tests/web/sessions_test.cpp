#include "common/web/sessions.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <thread>
#include <vector>

namespace {

using common::web::Refusal;
using std::chrono::seconds;
using Things = common::web::Sessions<std::string>;

// A clock that the test sets.
struct Time {
  std::shared_ptr<std::atomic<int>> now = std::make_shared<std::atomic<int>>(1'000'000);  // seconds
  Things::Clock::time_point operator()() const { return Things::Clock::time_point(seconds(*now)); }
};

std::string open(Things& things, const std::string& text) {
  return things.open(std::make_shared<std::string>(text));
}

int refused(const std::function<void()>& action) {
  try {
    action();
  } catch (const Refusal& refusal) {
    return refusal.status;
  }
  return 0;
}

TEST(Sessions, KeysAreLongRandomAndDifferent) {
  std::set<std::string> keys;
  for (int i = 0; i < 1000; ++i) {
    const std::string key = common::web::new_session_key();
    EXPECT_EQ(key.size(), 32u);
    EXPECT_EQ(key.find_first_not_of("0123456789abcdef"), std::string::npos);
    keys.insert(key);
  }
  EXPECT_EQ(keys.size(), 1000u);
  for (int place = 0; place < 32; ++place) {
    std::set<char> digits;  // all of them come up, so no bit is fixed
    for (const auto& key : keys) digits.insert(key[place]);
    EXPECT_EQ(digits.size(), 16u) << place;
  }
}

TEST(Sessions, FindsWhatWasOpenedUntilItIsClosed) {
  Things things(4, seconds(100));
  const std::string a = open(things, "a"), b = open(things, "b");
  EXPECT_EQ(*things.find(a), "a");
  EXPECT_EQ(*things.find(b), "b");
  const auto held = things.find(a);
  EXPECT_EQ(*things.close(a), "a");
  EXPECT_EQ(*held, "a");
  EXPECT_EQ(refused([&] { things.find(a); }), 404);
  EXPECT_EQ(things.close(a), nullptr);
  for (const char* key : {"", "0", "../../etc", "'; drop"}) {
    EXPECT_EQ(refused([&] { things.find(key); }), 404);
  }
  EXPECT_EQ(things.size(), 1u);
}

TEST(Sessions, ExpireWhenNobodyAsks) {
  const Time time;
  Things things(4, seconds(100), time);
  const std::string a = open(things, "a"), b = open(things, "b");
  *time.now += 90;
  things.find(a);
  *time.now += 90;
  EXPECT_EQ(*things.find(a), "a");
  EXPECT_EQ(refused([&] { things.find(b); }), 404);
  EXPECT_EQ(things.size(), 1u);
}

TEST(Sessions, StayWhileHeldAndForTheirIdleTimeAfter) {
  const Time time;
  Things things(4, seconds(100), time);
  const std::string a = open(things, "a");
  auto held = things.find(a);
  auto copy = held;
  held.reset();
  *time.now += 1000;
  open(things, "b");  // sweeps
  copy.reset();       // the idle time begins here
  *time.now += 90;
  open(things, "c");
  EXPECT_EQ(*things.find(a), "a");
  *time.now += 101;
  EXPECT_EQ(refused([&] { things.find(a); }), 404);
}

TEST(Sessions, TheOneIdleForLongestMakesRoom) {
  const Time time;
  const int room = Things::kMakesRoom.count();
  Things things(3, seconds(100 * room), time);
  const std::string a = open(things, "a");
  const auto held = things.find(a);
  *time.now += 1;
  const std::string b = open(things, "b");
  *time.now += room - 1;
  const std::string c = open(things, "c");
  EXPECT_EQ(refused([&] { open(things, "d"); }), 503);
  *time.now += 1;  // b is idle for just long enough, a is held
  const std::string d = open(things, "d");
  EXPECT_EQ(refused([&] { things.find(b); }), 404);
  EXPECT_EQ(*things.find(a) + *things.find(c) + *things.find(d), "acd");
  EXPECT_EQ(refused([&] { open(things, "e"); }), 503);
}

TEST(Sessions, AThingEndsOnceAndOutsideTheLock) {
  struct Thing {
    explicit Thing(std::function<void()> at_end) : end(std::move(at_end)) {}
    ~Thing() { end(); }
    std::function<void()> end;
  };
  int ended = 0;
  common::web::Sessions<Thing> things(2, seconds(100));
  const std::string key = things.open(std::make_shared<Thing>([&] {
    ++ended;
    things.size();  // would wait forever inside the lock
  }));
  things.find(key);
  things.close(key);
  EXPECT_EQ(ended, 1);
}

TEST(Sessions, ManyThreadsMayOpenFindAndClose) {
  Things things(16, seconds(1));
  std::vector<std::thread> threads;
  threads.reserve(4);
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::string mine = std::to_string(t);
      for (int i = 0; i < 300; ++i) {
        const std::string key = open(things, mine);
        const auto thing = things.find(key);
        if (*thing != mine) ++wrong;
        things.close(key);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(things.size(), 0u);
}

}  // namespace
