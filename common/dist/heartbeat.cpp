#include "common/dist/heartbeat.h"

#include <chrono>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <sstream>

namespace common::dist {
namespace {

constexpr std::chrono::milliseconds kBeat{400}, kSilence{3000}, kLinger{6000};
constexpr std::chrono::seconds kPatience{15};  // longer than silence and lingering
constexpr const char *kVerdict = "gone", *kHeard = "gone/heard";

// Ranks as text, "1 3".
std::string text_of(const std::vector<std::int64_t>& ranks) {
  std::string text;
  for (const std::int64_t rank : ranks) text += std::to_string(rank) + " ";
  return text;
}

std::vector<std::int64_t> ranks_in(const std::string& text) {
  std::istringstream words(text);
  return {std::istream_iterator<std::int64_t>(words), std::istream_iterator<std::int64_t>()};
}

std::string key(std::int64_t rank) { return "beat/" + std::to_string(rank); }

}  // namespace

struct Heartbeat::State {
  State(const c10::intrusive_ptr<c10d::Store>& store, const Rendezvous& rendezvous)
      : beating(store->clone()),
        watching(store->clone()),
        world(rendezvous.world),
        rank_0_serves(rendezvous.rank_0_serves) {}

  void beat();
  void stop();
  std::vector<std::int64_t> gone();
  std::vector<std::int64_t> beats();
  std::vector<std::int64_t> watch();
  void hear(const std::vector<std::int64_t>& gone, c10d::Store& store);
  std::vector<std::int64_t> heard();
  void linger(std::size_t gone);
  std::vector<std::int64_t> who_serves() const;

  const c10::intrusive_ptr<c10d::Store> beating, watching;  // a connection each
  const World world;
  const bool rank_0_serves;
  std::mutex mutex;
  std::condition_variable woken;
  bool stopped = false;
  std::vector<std::int64_t> verdict;  // who is gone, as far as this rank has heard
};

void Heartbeat::State::beat() {
  for (;;) {
    try {
      beating->add(key(world.rank), 1);
      if (beating->check({kVerdict})) hear(ranks_in(beating->get_to_str(kVerdict)), *beating);
    } catch (const std::exception&) {
      return;  // the store is gone: the next operation will say so
    }
    std::unique_lock lock(mutex);
    if (woken.wait_for(lock, kBeat, [&] { return stopped; })) return;
  }
}

void Heartbeat::State::stop() {
  {
    const std::scoped_lock lock(mutex);
    stopped = true;
  }
  woken.notify_all();
}

std::vector<std::int64_t> Heartbeat::State::beats() {
  std::vector<std::int64_t> counts;
  for (std::int64_t rank = 0; rank < world.size; ++rank) {
    counts.push_back(watching->add(key(rank), 0));
  }
  return counts;
}

// Remembers who is gone, and says in the store that one more knows.
void Heartbeat::State::hear(const std::vector<std::int64_t>& gone, c10d::Store& store) {
  {
    const std::scoped_lock lock(mutex);
    if (!verdict.empty()) return;
    verdict = gone;
  }
  store.add(kHeard, 1);
}

std::vector<std::int64_t> Heartbeat::State::heard() {
  const std::scoped_lock lock(mutex);
  return verdict;
}

// Returns who is gone, from somebody who found out before, or by watching.
std::vector<std::int64_t> Heartbeat::State::watch() {
  const auto before = beats();
  const auto end = std::chrono::steady_clock::now() + kSilence;
  while (std::chrono::steady_clock::now() < end) {
    if (watching->check({kVerdict})) return ranks_in(watching->get_to_str(kVerdict));
    std::this_thread::sleep_for(kBeat / 4);
  }
  const auto after = beats();
  std::vector<std::int64_t> silent;
  for (std::size_t rank = 0; rank < before.size(); ++rank) {
    if (after[rank] == before[rank]) silent.push_back(static_cast<std::int64_t>(rank));
  }
  if (!silent.empty()) watching->set(kVerdict, text_of(silent));
  return silent;
}

void Heartbeat::State::linger(std::size_t gone) {
  if (!rank_0_serves || !world.is_main()) return;
  const auto all = world.size - static_cast<std::int64_t>(gone);
  const auto end = std::chrono::steady_clock::now() + kLinger;
  while (watching->add(kHeard, 0) < all && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(kBeat / 4);
  }
}

// Who is gone when the store does not answer.
std::vector<std::int64_t> Heartbeat::State::who_serves() const {
  return rank_0_serves && !world.is_main() ? std::vector<std::int64_t>{0}
                                           : std::vector<std::int64_t>();
}

std::vector<std::int64_t> Heartbeat::State::gone() {
  try {
    const auto silent = watch();
    if (!silent.empty()) {
      hear(silent, *watching);
      linger(silent.size());
    }
    return silent;
  } catch (const std::exception&) {
    const auto known = heard();  // while this rank was computing
    return known.empty() ? who_serves() : known;
  }
}

Heartbeat::Heartbeat(const c10::intrusive_ptr<c10d::Store>& store, const Rendezvous& rendezvous)
    : state_(std::make_shared<State>(store, rendezvous)) {
  std::packaged_task<void()> beat([state = state_] { state->beat(); });
  ended_ = beat.get_future();
  beating_ = std::thread(std::move(beat));
}

Heartbeat::~Heartbeat() {
  state_->stop();
  ended_.wait_for(kBeat * 5) == std::future_status::ready ? beating_.join() : beating_.detach();
}

std::vector<std::int64_t> Heartbeat::gone() {
  std::packaged_task<std::vector<std::int64_t>()> ask([state = state_] { return state->gone(); });
  auto answer = ask.get_future();
  std::thread asking(std::move(ask));
  if (answer.wait_for(kPatience) == std::future_status::ready) {
    asking.join();
    return answer.get();
  }
  asking.detach();
  return state_->who_serves();
}

std::string named(const std::vector<std::int64_t>& ranks) {
  std::string text = ranks.size() == 1 ? "rank" : "ranks";
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    text += (i == 0 ? " " : i + 1 == ranks.size() ? " and " : ", ") + std::to_string(ranks[i]);
  }
  return text;
}

}  // namespace common::dist
