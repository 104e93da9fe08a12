#include "common/dist/heartbeat.h"

#include <chrono>

namespace common::dist {
namespace {

constexpr std::chrono::milliseconds kBeat{400}, kSilence{3000};

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

std::vector<std::int64_t> Heartbeat::gone() {
  std::vector<std::int64_t> silent;
  try {
    const auto before = beats();
    std::this_thread::sleep_for(kSilence);
    const auto after = beats();
    for (std::size_t rank = 0; rank < before.size(); ++rank) {
      if (after[rank] == before[rank]) silent.push_back(static_cast<std::int64_t>(rank));
    }
  } catch (const std::exception&) {
    if (rank_0_serves_) silent = {0};
  }
  return silent;
}

std::string named(const std::vector<std::int64_t>& ranks) {
  std::string text = ranks.size() == 1 ? "rank" : "ranks";
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    text += (i == 0 ? " " : i + 1 == ranks.size() ? " and " : ", ") + std::to_string(ranks[i]);
  }
  return text;
}

}  // namespace common::dist
