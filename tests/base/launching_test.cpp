#include "common/base/launching.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "common/base/error.h"
#include "common/base/interrupt.h"
#include "tests/temporary_folder.h"

namespace {
namespace fs = std::filesystem;
using namespace common::base;

// Ranks that are not there: what they were started with, and what becomes of each start.
struct FakeRanks {
  tests::TemporaryFolder folder;
  fs::path dir = folder / "run";
  std::vector<std::vector<std::string>> starts;
  std::vector<int> codes;  // of each start
  Launching launching;
  Flags flags;
  RunConfig config;

  explicit FakeRanks(std::vector<int> codes_of_starts) : codes(std::move(codes_of_starts)) {
    flags.nproc = 2;
    config.seed = 3;
    launching.start = [this](std::int64_t ranks, const std::vector<std::string>& arguments) {
      EXPECT_EQ(ranks, 2);
      starts.push_back(arguments);
      fs::create_directories(dir);
      write_json(dir / "config.json", Json::object());
      const int code = codes.at(starts.size() - 1);
      if (code == 0) write_json(dir / "result.json", {{"accuracy", 0.5}});
      return code;
    };
  }
  Metrics train(bool resume = false) { return run_on_ranks(launching, flags, config, dir, resume); }
  bool started_with(std::size_t start, const std::string& argument) const {
    return std::count(starts.at(start).begin(), starts.at(start).end(), argument) == 1;
  }
};

TEST(Launching, RanksGetTheFlagsAndTheirDirectory) {
  FakeRanks ranks({0});
  ranks.flags.preset = "tiny";
  ranks.flags.threads = 3;
  ranks.flags.settings = {{"lr", "-1"}};
  ranks.flags.words = {"an image.png"};
  ranks.flags.trace = true;
  EXPECT_EQ(ranks.train(), (Metrics{{"accuracy", 0.5}}));
  const std::vector<std::string> wanted = {
      "train",        "an image.png",     "--preset=tiny", "--lr=-1",
      "--device=cpu", "--precision=auto", "--seed=3",      "--out=" + ranks.dir.string(),
      "--threads=3",  "--trace"};
  EXPECT_EQ(ranks.starts[0], wanted);
}

TEST(Launching, RanksGetASettingThatIsEmpty) {
  FakeRanks ranks({0});
  ranks.flags.settings = {{"images", ""}};
  ranks.train();
  const auto& words = ranks.starts[0];
  const auto at = std::find(words.begin(), words.end(), "--images");
  ASSERT_NE(at, words.end());
  EXPECT_EQ(*(at + 1), "");
}

TEST(Launching, AFailureIsToldUnlessRestartsAreLeft) {
  FakeRanks ranks({137});
  try {
    ranks.train();
    FAIL() << "it did not fail";
  } catch (const RanksFailed& failed) {
    EXPECT_EQ(failed.code, 137);
  }
}

TEST(Launching, RestartsGoOnFromTheCheckpoint) {
  FakeRanks ranks({137, 3, 0});
  ranks.flags.restarts = 2;
  ranks.flags.preset = "tiny";
  EXPECT_EQ(ranks.train(), (Metrics{{"accuracy", 0.5}}));
  ASSERT_EQ(ranks.starts.size(), 3U);
  EXPECT_TRUE(ranks.started_with(0, "--preset=tiny"));
  for (const std::size_t start : {1U, 2U}) {
    EXPECT_TRUE(ranks.started_with(start, "--resume=" + ranks.dir.string()));
    EXPECT_FALSE(ranks.started_with(start, "--preset=tiny"));
  }
}

TEST(Launching, AUsersErrorAndCtrlCAreNotTriedAgain) {
  FakeRanks wrong({2}), stopped({130});
  wrong.flags.restarts = stopped.flags.restarts = 5;
  EXPECT_THROW(wrong.train(), RanksFailed);
  EXPECT_THROW(stopped.train(), Interrupted);
  EXPECT_EQ(wrong.starts.size(), 1U);
}

TEST(Launching, AFinishedRunIsReadNotRunAgain) {
  FakeRanks ranks({});
  fs::create_directories(ranks.dir);
  write_json(ranks.dir / "result.json", {{"accuracy", 0.7}});
  EXPECT_EQ(ranks.train(/*resume=*/true), (Metrics{{"accuracy", 0.7}}));
  EXPECT_TRUE(ranks.starts.empty());
}

}  // namespace
