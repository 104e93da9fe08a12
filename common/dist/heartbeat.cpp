#include "common/dist/heartbeat.h"

#include <chrono>
#include <iterator>
#include <sstream>

namespace common::dist {
namespace {

constexpr std::chrono::milliseconds kBeat{400}, kSilence{3000}, kLinger{6000};
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

Heartbeat::Heartbeat(const c10::intrusive_ptr<c10d::Store>& store, const Rendezvous& rendezvous)
    : beating_(store->clone()),
      watching_(store->clone()),
      world_(rendezvous.world),
      rank_0_serves_(rendezvous.rank_0_serves) {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      try {
        beating_->add(key(world_.rank), 1);
        if (beating_->check({kVerdict})) hear(ranks_in(beating_->get_to_str(kVerdict)), *beating_);
      } catch (const std::exception&) {
        return;  // the store is gone: the next operation will say so
      }
      woken_.wait_for(lock, stop, kBeat, [] { return false; });
    }
  });
}

std::vector<std::int64_t> Heartbeat::beats() {
  std::vector<std::int64_t> counts;
  for (std::int64_t rank = 0; rank < world_.size; ++rank) {
    counts.push_back(watching_->add(key(rank), 0));
  }
  return counts;
}

// Remembers who is gone, and says in the store that one more knows.
void Heartbeat::hear(const std::vector<std::int64_t>& gone, c10d::Store& store) {
  {
    const std::scoped_lock lock(verdict_mutex_);
    if (!verdict_.empty()) return;
    verdict_ = gone;
  }
  store.add(kHeard, 1);
}

std::vector<std::int64_t> Heartbeat::verdict() {
  const std::scoped_lock lock(verdict_mutex_);
  return verdict_;
}

// Returns who is gone, from somebody who found out before, or by watching.
std::vector<std::int64_t> Heartbeat::watch() {
  const auto before = beats();
  const auto end = std::chrono::steady_clock::now() + kSilence;
  while (std::chrono::steady_clock::now() < end) {
    if (watching_->check({kVerdict})) return ranks_in(watching_->get_to_str(kVerdict));
    std::this_thread::sleep_for(kBeat / 4);
  }
  const auto after = beats();
  std::vector<std::int64_t> silent;
  for (std::size_t rank = 0; rank < before.size(); ++rank) {
    if (after[rank] == before[rank]) silent.push_back(static_cast<std::int64_t>(rank));
  }
  if (!silent.empty()) watching_->set(kVerdict, text_of(silent));
  return silent;
}

void Heartbeat::linger(std::size_t gone) {
  if (!rank_0_serves_ || !world_.is_main()) return;
  const auto all = world_.size - static_cast<std::int64_t>(gone);
  const auto end = std::chrono::steady_clock::now() + kLinger;
  while (watching_->add(kHeard, 0) < all && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(kBeat / 4);
  }
}

std::vector<std::int64_t> Heartbeat::gone() {
  try {
    const auto silent = watch();
    if (!silent.empty()) {
      hear(silent, *watching_);
      linger(silent.size());
    }
    return silent;
  } catch (const std::exception&) {
    const auto known = verdict();  // heard while this rank was computing
    if (!known.empty()) return known;
    return rank_0_serves_ ? std::vector<std::int64_t>{0} : std::vector<std::int64_t>();
  }
}

std::string named(const std::vector<std::int64_t>& ranks) {
  std::string text = ranks.size() == 1 ? "rank" : "ranks";
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    text += (i == 0 ? " " : i + 1 == ranks.size() ? " and " : ", ") + std::to_string(ranks[i]);
  }
  return text;
}

}  // namespace common::dist
