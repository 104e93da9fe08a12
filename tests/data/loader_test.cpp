// The loader: its batches, their order and split, and what its threads may and may not do.
#include "common/data/loader.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <set>
#include <string>

#include "tests/data/expect_error.h"

namespace {

using common::base::Random;
using common::data::BatchPlan;
using common::data::BatchPlanner;
using common::data::Loader;
using common::data::LoaderOptions;
using common::dist::World;
using tests::expect_error;
using Ids = std::vector<std::int64_t>;

bool same(const BatchPlan& a, const BatchPlan& b) {
  return a.position == b.position && a.epoch == b.epoch && a.ids == b.ids && a.seed == b.seed;
}

BatchPlan copy(const BatchPlan& plan) { return plan; }

LoaderOptions options_of(std::int64_t samples, std::int64_t batch_size, std::uint64_t seed = 1) {
  LoaderOptions o;
  o.samples = samples;
  o.batch_size = batch_size;
  o.seed = seed;
  return o;
}

// The ids of `epoch`, batch after batch.
Ids ids_of_epoch(const LoaderOptions& o, std::int64_t epoch) {
  BatchPlanner planner(o);
  Ids ids;
  for (std::int64_t i = 0; i < planner.per_epoch(); ++i) {
    const BatchPlan plan = planner.plan(epoch * planner.per_epoch() + i);
    EXPECT_EQ(plan.epoch, epoch);
    ids.insert(ids.end(), plan.ids.begin(), plan.ids.end());
  }
  return ids;
}

Ids sorted(Ids ids) {
  std::sort(ids.begin(), ids.end());
  return ids;
}

Ids counted(std::int64_t n) {
  Ids ids(static_cast<std::size_t>(n));
  std::iota(ids.begin(), ids.end(), 0);
  return ids;
}

TEST(Loader, GivesTheSameBatchesWhateverTheWorkersAndThePrefetch) {
  LoaderOptions o = options_of(23, 4);
  o.drop_last = false;
  BatchPlanner planner(o);
  for (const std::int64_t workers : {0, 1, 3}) {
    for (const std::int64_t prefetch : {0, 1, 2, 7}) {
      o.workers = workers;
      o.prefetch = prefetch;
      Loader<BatchPlan> loader(o, copy);
      for (std::int64_t i = 0; i < 20; ++i) {
        EXPECT_EQ(loader.position(), i);
        ASSERT_TRUE(same(loader.next(), planner.plan(i))) << workers << " workers, batch " << i;
      }
    }
  }
}

TEST(Loader, AnEpochHasEachSampleOnce) {
  LoaderOptions o = options_of(103, 10);
  o.drop_last = false;
  const Ids first = ids_of_epoch(o, 0), second = ids_of_epoch(o, 1);
  EXPECT_EQ(sorted(first), counted(103));
  EXPECT_EQ(sorted(second), counted(103));
  EXPECT_NE(first, counted(103));
  EXPECT_NE(first, second);
  EXPECT_EQ(first, ids_of_epoch(o, 0));
  o.seed = 2;
  EXPECT_NE(first, ids_of_epoch(o, 0));
  o.shuffle = false;
  EXPECT_EQ(ids_of_epoch(o, 1), counted(103));
}

TEST(Loader, LeavesOutOnlyTheBatchThatIsNotFull) {
  LoaderOptions o = options_of(103, 10);
  EXPECT_EQ(batches_per_epoch(o), 10);
  const Ids ids = ids_of_epoch(o, 3);
  EXPECT_EQ(ids.size(), 100u);
  EXPECT_EQ(std::set<std::int64_t>(ids.begin(), ids.end()).size(), 100u);
  o.drop_last = false;
  EXPECT_EQ(batches_per_epoch(o), 11);
  EXPECT_EQ(BatchPlanner(o).plan(10).ids.size(), 3u);
  o.samples = 100;
  EXPECT_EQ(batches_per_epoch(o), 10);
}

TEST(Loader, AnEpochMayHaveFewerBatches) {
  LoaderOptions o = options_of(103, 10);
  o.per_epoch = 8;
  EXPECT_EQ(batches_per_epoch(o), 8);
  EXPECT_EQ(BatchPlanner(o).plan(7).epoch, 0);
  EXPECT_EQ(BatchPlanner(o).plan(8).epoch, 1);
  EXPECT_EQ(ids_of_epoch(o, 1).size(), 80u);
  o.per_epoch = 12;  // there are not so many
  EXPECT_EQ(batches_per_epoch(o), 10);
}

TEST(Loader, SeekGoesOnAsIfNotInterrupted) {
  LoaderOptions o = options_of(17, 5);  // 3 batches an epoch
  BatchPlanner planner(o);
  for (const std::int64_t workers : {0, 1, 3}) {
    o.workers = workers;
    for (const std::int64_t taken : {0, 1, 4}) {
      for (const std::int64_t to : {0, 2, 3, 7}) {
        Loader<BatchPlan> loader(o, copy);
        for (std::int64_t i = 0; i < taken; ++i) loader.next();
        loader.seek(to);
        EXPECT_EQ(loader.position(), to);
        for (std::int64_t i = to; i < to + 5; ++i) {
          ASSERT_TRUE(same(loader.next(), planner.plan(i)))
              << workers << " workers, " << taken << " taken, sought " << to << ", batch " << i;
        }
      }
    }
  }
}

TEST(Loader, RanksShareABatchOfAWorldOfOne) {
  for (const std::int64_t size : {1, 2, 3}) {
    LoaderOptions o = options_of(26, 8);
    o.drop_last = false;  // the last batch has 2 samples: in a world of 3, one rank has none
    BatchPlanner alone(o);
    std::vector<BatchPlanner> ranks;
    for (std::int64_t rank = 0; rank < size; ++rank) {
      o.world = World{rank, size};
      ranks.emplace_back(o);
    }
    for (std::int64_t position = 0; position < 8; ++position) {
      const Ids whole = alone.plan(position).ids;
      Ids together(whole.size(), -1);
      std::size_t count = 0;
      for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
        const BatchPlan plan = ranks[rank].plan(position);
        EXPECT_EQ(plan.epoch, position / 4);
        for (std::size_t i = 0; i < plan.ids.size(); ++i, ++count) {
          ASSERT_LT(rank + i * ranks.size(), together.size());
          together[rank + i * ranks.size()] = plan.ids[i];
        }
      }
      EXPECT_EQ(count, whole.size());
      EXPECT_EQ(together, whole) << size << " ranks, batch " << position;
    }
  }
}

TEST(Loader, SeedsOfPlansDifferBetweenRanksPositionsAndRuns) {
  std::set<std::uint64_t> seeds;
  for (const std::uint64_t seed : {0, 1}) {
    for (std::int64_t rank = 0; rank < 3; ++rank) {
      LoaderOptions o = options_of(30, 6, seed);
      o.world = World{rank, 3};
      BatchPlanner planner(o);
      for (std::int64_t position = 0; position < 100; ++position) {
        seeds.insert(planner.plan(position).seed);
      }
    }
  }
  EXPECT_EQ(seeds.size(), 600u);
}

TEST(Loader, HoldsForManyRandomSettings) {
  Random random(5);
  const auto from_1_to = [&](std::uint64_t n) { return std::int64_t(1 + random.below(n)); };
  for (int trial = 0; trial < 200; ++trial) {
    LoaderOptions o = options_of(from_1_to(60), 0, random.bits());
    o.batch_size = from_1_to(static_cast<std::uint64_t>(o.samples));
    o.drop_last = random.below(2) == 0;
    o.shuffle = random.below(4) != 0;
    o.prefetch = from_1_to(3);
    const std::int64_t per_epoch = batches_per_epoch(o), start = from_1_to(20);
    EXPECT_EQ(per_epoch, o.drop_last ? o.samples / o.batch_size
                                     : (o.samples + o.batch_size - 1) / o.batch_size);
    const Ids epoch = ids_of_epoch(o, start);
    EXPECT_EQ(std::set<std::int64_t>(epoch.begin(), epoch.end()).size(), epoch.size());
    EXPECT_EQ(std::int64_t(epoch.size()), o.drop_last ? per_epoch * o.batch_size : o.samples);
    BatchPlanner planner(o);
    o.workers = static_cast<std::int64_t>(random.below(4));
    Loader<BatchPlan> loader(o, copy);
    loader.seek(start);
    for (std::int64_t i = start; i < start + 4; ++i) {
      ASSERT_TRUE(same(loader.next(), planner.plan(i))) << "trial " << trial << ", batch " << i;
    }
  }
}

TEST(Loader, PassesOnWhatABatchThrewAndGoesOnBehindIt) {
  for (const std::int64_t workers : {0, 1, 3}) {
    LoaderOptions o = options_of(12, 2);
    o.workers = workers;
    Loader<std::int64_t> loader(o, [](const BatchPlan& plan) {
      if (plan.position % 5 == 2)
        throw std::runtime_error("no batch " + std::to_string(plan.position));
      return plan.position;
    });
    for (std::int64_t i = 0; i < 15; ++i) {
      if (i % 5 != 2) {
        EXPECT_EQ(loader.next(), i) << workers << " workers";
        continue;
      }
      try {
        loader.next();
        ADD_FAILURE() << "no exception for batch " << i;
      } catch (const std::runtime_error& error) {
        EXPECT_EQ(error.what(), "no batch " + std::to_string(i));
      }
      EXPECT_EQ(loader.position(), i + 1);
    }
  }
}

TEST(Loader, ReturnsWhatCanOnlyBeMoved) {
  Loader<std::unique_ptr<std::int64_t>> loader(options_of(6, 2), [](const BatchPlan& plan) {
    return std::make_unique<std::int64_t>(plan.position);
  });
  EXPECT_EQ(*loader.next(), 0);
  EXPECT_EQ(*loader.next(), 1);
}

// Calls `done` until it is true. Returns false when it still is not after 20 s.
template <class Done>
bool eventually(const Done& done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

TEST(Loader, MakesNoMoreAheadThanAsked) {
  LoaderOptions o = options_of(1000, 1);
  o.workers = 3;
  o.prefetch = 2;
  std::atomic<std::int64_t> begun{0};
  Loader<std::int64_t> loader(o, [&](const BatchPlan& plan) {
    ++begun;
    return plan.position;
  });
  for (std::int64_t taken = 1; taken <= 30; ++taken) {
    loader.next();
    EXPECT_LE(begun, taken + 3 * 2);
  }
  // They fill every place that there is, and then wait.
  EXPECT_TRUE(eventually([&] { return begun == 30 + 3 * 2; })) << begun;
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(begun, 30 + 3 * 2);
}

TEST(Loader, WorkersMakeBatchesAtTheSameTime) {
  LoaderOptions o = options_of(100, 1);
  o.workers = 3;
  o.prefetch = 1;
  std::atomic<int> inside{0};
  std::atomic<bool> met{false};
  Loader<std::int64_t> loader(o, [&](const BatchPlan& plan) {
    if (++inside == 3) met = true;
    if (!eventually([&] { return met.load(); })) throw std::runtime_error("alone for 20 s");
    return plan.position;
  });
  EXPECT_EQ(loader.next(), 0);
}

TEST(Loader, EndsWhileWorkersAreBusyOrWait) {
  for (int trial = 0; trial < 30; ++trial) {
    LoaderOptions o = options_of(100, 1);
    o.workers = 3;
    std::atomic<int> inside{0};
    std::int64_t made = 0;
    {
      // Even trials end while a batch is being made, odd ones when all workers wait for a place.
      Loader<std::int64_t> loader(o, [&](const BatchPlan& plan) {
        ++inside;
        if (trial % 2 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(3));
        return plan.position;
      });
      made = loader.next();
      const int wanted = trial % 2 == 0 ? 2 : 1 + 3 * 2;
      EXPECT_TRUE(eventually([&] { return inside >= wanted; }));
    }
    EXPECT_EQ(made, 0);
    const int at_the_end = inside;
    EXPECT_LE(at_the_end, 1 + 3 * 2);
  }
  const Loader<std::int64_t> unused(options_of(4, 2), [](const BatchPlan&) { return 0; });
}

TEST(Loader, RefusesWhatCannotBeCut) {
  const auto make = [](LoaderOptions o) { Loader<BatchPlan> loader(o, copy); };
  expect_error("no samples", [&] { make(options_of(0, 1)); });
  expect_error("no samples", [&] { make(options_of(-3, 1)); });
  expect_error("a batch of 0 cannot be split over 1 ranks", [&] { make(options_of(5, 0)); });
  expect_error("a batch of -1 cannot be split", [&] { make(options_of(5, -1)); });
  expect_error("a batch of 6 is more than the 5 samples", [&] { make(options_of(5, 6)); });
  LoaderOptions o = options_of(5, 6);
  o.drop_last = false;
  EXPECT_EQ(batches_per_epoch(o), 1);
  o = options_of(5, 2);
  o.world = World{0, 3};
  expect_error("a batch of 2 cannot be split over 3 ranks", [&] { make(o); });
  o.world = {};
  o.workers = -1;
  expect_error("0 to 256 workers, not -1", [&] { make(o); });
  o.workers = 257;
  expect_error("0 to 256 workers, not 257", [&] { make(o); });
}

}  // namespace
