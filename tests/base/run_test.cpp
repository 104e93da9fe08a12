// The run directory.
#include "common/base/run.h"

#include <gtest/gtest.h>

#include "common/base/error.h"
#include "common/base/files.h"
#include "tests/temporary_folder.h"

namespace {
namespace base = common::base;
using common::base::Error;
using common::base::Json;
using common::base::read_file;
using common::base::read_json;
using common::base::RunConfig;
using Points = std::vector<std::pair<double, double>>;
namespace fs = std::filesystem;

RunConfig config() {
  RunConfig c;
  c.week = "week00";
  c.preset = "quick";
  c.seed = 3;
  c.settings = {{"lr", 0.1}};
  return c;
}

TEST(Run, LeavesConfigMetricsLogAndResult) {
  const tests::TemporaryFolder folder;
  const fs::path dir = folder / "run";
  {
    base::Run run(config(), {{"commit", "abc"}}, dir);
    run.say("hello");
    run.log(0, "train", {{"loss", 0.5}});
    run.log(1, "train", {{"loss", std::nan("")}});
    run.table("counts", {"a", "b"}, {{"x", "1"}});
    run.finish({{"accuracy", 0.75}});
  }
  EXPECT_EQ(RunConfig::from_json(read_json(dir / "config.json"), "x").to_json(),
            config().to_json());
  EXPECT_EQ(read_json(dir / "env.json")["commit"], "abc");
  EXPECT_EQ(read_file(dir / "metrics.jsonl"),
            "{\"step\":0,\"split\":\"train\",\"loss\":0.5}\n"
            "{\"step\":1,\"split\":\"train\",\"loss\":null}\n");
  EXPECT_NE(read_file(dir / "log.txt").find("hello"), std::string::npos);
  EXPECT_EQ(read_json(dir / "table_counts.json")["rows"][0][1], "1");
  const Json result = read_json(dir / "result.json");
  EXPECT_EQ(result["accuracy"], 0.75);
  EXPECT_GT(result["peak_memory_bytes"], 1e5);
  EXPECT_GE(result["seconds"], 0.0);
  EXPECT_EQ(common::base::finished_result(dir)->at(0).second, 0.75);
}

TEST(Run, WithoutADirectoryWritesNothingAndRemembers) {
  base::Run run;
  run.log(2, "train", {{"loss", 0.5}});
  run.log(3, "test", {{"loss", 0.6}});
  EXPECT_FALSE(run.writes());
  EXPECT_EQ(run.history("train", "loss"), (Points{{2, 0.5}}));
  run.finish({});
}

TEST(Run, ADirectoryInUseIsRefused) {
  const tests::TemporaryFolder folder;
  common::base::write_file(folder / "precious.txt", "mine");
  EXPECT_THROW(base::Run(config(), {}, folder.path()), Error);
  EXPECT_EQ(read_file(folder / "precious.txt"), "mine");
  EXPECT_THROW(base::Run(config(), {}, folder / "precious.txt"), Error);
  EXPECT_THROW(base::Run(config(), {}, folder / "nothing", /*resume=*/true), Error);
  EXPECT_FALSE(fs::exists(folder / "nothing"));
}

TEST(Run, AFollowerWritesAndSaysNothing) {
  const tests::TemporaryFolder folder;
  testing::internal::CaptureStdout();
  base::Run run = base::Run::follower(config(), folder / "run", /*resume=*/true);
  run.say("hello");
  run.log(1, "train", {{"loss", 0.5}});
  run.table("t", {"a"}, {{"1"}});
  EXPECT_FALSE(run.finish({{"accuracy", 1}}).empty());
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_FALSE(fs::exists(folder / "run"));
  EXPECT_EQ(run.dir(), folder / "run");
  EXPECT_TRUE(run.resumed());
  EXPECT_EQ(run.history("train", "loss"), (Points{{1, 0.5}}));
}

TEST(Run, WhatWasKilledBeforeItsFirstFileIsInNobodysWay) {
  const tests::TemporaryFolder folder;
  common::base::write_file(folder / ".config.json.17-0.aside.json", "{\"wee");
  const base::Run run(config(), {}, folder.path());
  EXPECT_TRUE(fs::exists(folder / "config.json"));
  EXPECT_FALSE(fs::exists(folder / ".config.json.17-0.aside.json"));
}

TEST(Run, RewindDropsWhatIsWrittenAgainAndABrokenLastLine) {
  const tests::TemporaryFolder folder;
  const fs::path dir = folder / "run";
  {
    base::Run run(config(), {}, dir);
    for (int step = 0; step < 5; ++step) run.log(step, "train", {{"loss", step}});
  }
  common::base::write_file(dir / "metrics.jsonl",
                           read_file(dir / "metrics.jsonl") + "{\"step\":1,");
  base::Run run(config(), {}, dir, /*resume=*/true);
  run.rewind(3);
  run.log(3, "train", {{"loss", 30}});
  EXPECT_EQ(run.history("train", "loss"), (Points{{0, 0}, {1, 1}, {2, 2}, {3, 30}}));
}

TEST(Run, AUserErrorLeavesNoDirectory) {
  const tests::TemporaryFolder folder;
  base::Run run(config(), {}, folder / "run");
  run.discard_if_empty();
  EXPECT_FALSE(fs::exists(folder / "run"));
  base::Run kept(config(), {}, folder / "kept");
  kept.log(0, "train", {{"loss", 1}});
  kept.discard_if_empty();
  EXPECT_TRUE(fs::exists(folder / "kept" / "metrics.jsonl"));
}

TEST(Run, AnotherSeedOrPrecisionIsAnotherRun) {
  const RunConfig first = config();
  RunConfig same = config(), seed = config(), precision = config();
  same.threads = 7;
  ++seed.seed;
  precision.precision = "bf16";
  EXPECT_EQ(same.identity(), first.identity());
  EXPECT_NE(seed.identity(), first.identity());
  EXPECT_NE(precision.identity(), first.identity());
}

TEST(Run, AForeignConfigIsRefused) {
  EXPECT_THROW(RunConfig::from_json(Json::array(), "x"), Error);
  EXPECT_THROW(RunConfig::from_json({{"week", 3}}, "x"), Error);
}

TEST(Run, TablesAlign) {
  EXPECT_EQ(common::base::text_table({"name", "n"}, {{"a", "10"}, {"longer", "2"}}),
            "name     n\n------  --\na       10\nlonger   2\n");
}

}  // namespace
