// Week 09's executable as a person uses it, on images that we make up.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>

#include "common/base/json.h"
#include "tests/process.h"
#include "tests/week09_ddp_imagenet/week.h"

namespace {
using namespace tests;
using common::base::Json;
using common::base::read_file;
using common::base::read_json;

// What was logged of one split, by step; the last line of a step counts.
std::map<int64_t, Json> logged(const fs::path& run, const std::string& split) {
  std::map<int64_t, Json> lines;
  std::ifstream file(run / "metrics.jsonl");
  for (std::string line; std::getline(file, line);) {
    const Json json = Json::parse(line);
    if (json["split"] == split) lines[json["step"]] = json;
  }
  return lines;
}

TEST(Week09, TwoRanksLearnAndLeaveARun) {
  const tests::TemporaryFolder folder;
  const fs::path dir = folder / "run";
  auto arguments = quick(dir, {{"nproc", "2"}, {"epochs", "8"}, {"ema", "0.9"}});
  arguments.push_back("--expect=val_top1>=0.9");
  const Outcome run = week(arguments);
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  for (const char* name :
       {"checkpoint", "config.json", "curves.png", "env.json", "log.txt", "metrics.jsonl",
        "result.json", "table_classes.json", "training_images.png", "weights.safetensors"}) {
    EXPECT_TRUE(fs::exists(dir / name)) << name;
  }
  EXPECT_EQ(read_json(dir / "env.json")["ranks"], 2);
  EXPECT_EQ(read_json(dir / "result.json")["ranks"], 2);
  const Outcome evaluated = week({"evaluate", "--precision=fp32", "--weights", dir.string(),
                                  "--out", (folder / "again").string()});
  EXPECT_EQ(evaluated.code, 0) << evaluated.err;
  EXPECT_EQ(read_json(folder / "again" / "result.json")["val_top1"],
            read_json(dir / "result.json")["val_top1"]);
}

// The process ids of the ranks that train into `dir`.
std::map<int64_t, pid_t> ranks_of(const fs::path& dir) {
  std::map<int64_t, pid_t> ranks;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const auto content = [&](const char* name) {
      std::ifstream file(entry.path() / name);
      return std::string{std::istreambuf_iterator<char>(file), {}};
    };
    if (!contains(content("cmdline"), dir.string())) continue;
    const std::string environment = '\0' + content("environ");
    const auto at = environment.find(std::string("\0RANK=", 6));
    if (at == std::string::npos) continue;
    ranks[environment[at + 6] - '0'] = std::stoi(entry.path().filename().string());
  }
  return ranks;
}

// The logged losses, by step.
std::map<int64_t, double> losses(const fs::path& run) {
  std::map<int64_t, double> all;
  for (const auto& [step, line] : logged(run, "train")) all[step] = line["loss"];
  return all;
}

// A rank is killed in the middle; all are started again and end as if nothing had been.
void expect_a_lost_rank_is_mended(int64_t lost) {
  const tests::TemporaryFolder folder;
  const std::map<std::string, std::string> settings = {
      {"nproc", "2"}, {"epochs", "30"}, {"save-every-s", "0.05"}, {"log-samples", "true"}};
  ASSERT_EQ(week(quick(folder / "whole", settings)).code, 0);
  auto cut = settings;
  cut["restarts"] = "1";
  std::vector<std::string> command = quick(folder / "cut", cut);
  command.insert(command.begin(), kWeek);
  Process process(command);
  ASSERT_TRUE(process.prints("step 18: "));  // two of thirty epochs
  ASSERT_TRUE(has_checkpoint(folder / "cut"));
  const auto ranks = ranks_of(folder / "cut");
  ASSERT_EQ(ranks.size(), 2U);
  ::kill(ranks.at(lost), SIGKILL);
  const Outcome outcome = process.wait();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const std::string who = "rank " + std::to_string(lost);
  EXPECT_TRUE(contains(outcome.err, who + " was ended by signal 9")) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "error: " + who + " is gone")) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "starting all 2 ranks again from the last checkpoint"));
  EXPECT_TRUE(contains(outcome.out, "going on after step ")) << outcome.out;
  EXPECT_EQ(logged(folder / "cut", "samples"), logged(folder / "whole", "samples"));
  EXPECT_TRUE(weights(folder / "cut") == weights(folder / "whole"));
  const auto whole = losses(folder / "whole"), mended = losses(folder / "cut");
  ASSERT_EQ(whole.size(), mended.size());
  for (const auto& [step, loss] : whole) EXPECT_NEAR(mended.at(step), loss, 1e-5) << step;
}

TEST(Week09, ARunThatLosesRank0EndsAsIfItHadNot) { expect_a_lost_rank_is_mended(0); }
TEST(Week09, ARunThatLosesRank1EndsAsIfItHadNot) { expect_a_lost_rank_is_mended(1); }

// Ctrl-C, then on with other numbers of ranks: every step has the samples that it would have had.
TEST(Week09, GoesOnWithAnotherNumberOfRanks) {
  const tests::TemporaryFolder folder;
  const std::map<std::string, std::string> settings = {{"log-samples", "true"}, {"epochs", "30"}};
  ASSERT_EQ(week(quick(folder / "whole", settings)).code, 0);
  const fs::path dir = folder / "cut";
  auto start = settings;
  start["nproc"] = "2";
  std::vector<std::string> command = quick(dir, start);
  command.insert(command.begin(), kWeek);
  Process two(command);
  ASSERT_TRUE(two.prints("step 9: "));
  two.send(SIGINT);
  const Outcome stopped = two.wait();
  ASSERT_EQ(stopped.code, 130) << stopped.out << stopped.err;
  EXPECT_TRUE(contains(stopped.err, "--resume")) << stopped.err;
  Process one({kWeek, "train", "--resume", dir.string(), "--nproc", "1"});
  ASSERT_TRUE(one.prints("of the validation images right"));
  one.send(SIGINT);
  ASSERT_EQ(one.wait().code, 130);
  const Outcome three = week({"train", "--resume", dir.string(), "--nproc", "3"});
  ASSERT_EQ(three.code, 0) << three.err;
  const auto samples = logged(dir, "samples");
  EXPECT_EQ(samples.size(), 30U * 9U);
  EXPECT_EQ(samples, logged(folder / "whole", "samples"));
}

// What a checkpoint goes on with must be what it began with.
TEST(Week09, ACheckpointOfOtherImagesIsRefused) {
  const tests::TemporaryFolder folder;
  const fs::path images = folder / "images", dir = folder / "run";
  fs::copy(made_up_images(), images, fs::copy_options::recursive);
  ASSERT_EQ(week(quick(dir, {{"images", images.string()}, {"epochs", "1"}})).code, 0);
  const auto one = fs::directory_iterator(images / "train" / "class-0")->path();
  fs::rename(one, one.parent_path() / "renamed.jpg");
  fs::remove(dir / "result.json");  // as if it had been stopped just before its end
  const Outcome resumed = week({"train", "--resume", dir.string()});
  EXPECT_EQ(resumed.code, 2) << resumed.out;
  EXPECT_TRUE(contains(resumed.err, "its images differ")) << resumed.err;
}

// The first bucket of gradients is on its way before backward has reached the first layer.
TEST(Week09, TheTraceShowsThatCommunicationOverlaps) {
  const tests::TemporaryFolder folder;
  auto arguments = quick(folder / "run",
                         {{"nproc", "2"}, {"width", "32"}, {"bucket-mb", "0.5"}, {"epochs", "2"}});
  arguments.push_back("--trace");
  const Outcome run = week(arguments);
  ASSERT_EQ(run.code, 0) << run.err;
  const Json trace = Json::parse(read_file(folder / "run" / "trace.json"));
  std::vector<std::pair<double, double>> backwards;  // begin and end
  std::vector<double> reductions, convolutions;      // begins
  for (const Json& event : trace["traceEvents"]) {
    if (!event.contains("dur") || !event.contains("name")) continue;
    const double begin = event["ts"];
    if (event["name"] == "backward") {
      backwards.emplace_back(begin, begin + event["dur"].get<double>());
    }
    if (event["name"] == "gloo:all_reduce") reductions.push_back(begin);
    if (event["name"] == "aten::convolution_backward") convolutions.push_back(begin);
  }
  ASSERT_GE(backwards.size(), 4U);
  int64_t overlapping = 0;
  for (const auto& [begin, end] : backwards) {
    const auto within = [b = begin, e = end](double t) { return b < t && t < e; };
    double first_reduction = 1e300, last_convolution = 0;
    for (const double t : reductions) {
      if (within(t)) first_reduction = std::min(first_reduction, t);
    }
    for (const double t : convolutions) {
      if (within(t)) last_convolution = std::max(last_convolution, t);
    }
    overlapping += first_reduction < last_convolution ? 1 : 0;
  }
  EXPECT_GE(overlapping, static_cast<int64_t>(backwards.size()) - 1);
}

TEST(Week09, PackedImagesTrainTheSameNetwork) {
  const tests::TemporaryFolder folder;
  const Outcome packed =
      week({"prepare", "--images", made_up_images(), "--to", (folder / "packed").string(), "--out",
            (folder / "prepare").string()});
  ASSERT_EQ(packed.code, 0) << packed.err;
  ASSERT_EQ(week(quick(folder / "loose", {{"epochs", "1"}})).code, 0);
  ASSERT_EQ(
      week(quick(folder / "run", {{"epochs", "1"}, {"images", (folder / "packed").string()}})).code,
      0);
  EXPECT_TRUE(weights(folder / "loose") == weights(folder / "run"));
}

// A step in two micro-batches has the images of a step in one.
TEST(Week09, AccumulationKeepsTheBatches) {
  const tests::TemporaryFolder folder;
  const std::map<std::string, std::string> one = {
      {"batch-size", "24"}, {"nproc", "2"}, {"epochs", "2"}};
  auto two = one;
  two["accumulate"] = "2";
  ASSERT_EQ(week(quick(folder / "one", one)).code, 0);
  ASSERT_EQ(week(quick(folder / "two", two)).code, 0);
  // Norms see half the images, so that losses are alike, not equal; steps are as many.
  const auto whole = losses(folder / "one"), parts = losses(folder / "two");
  ASSERT_EQ(whole.size(), parts.size());
  EXPECT_NEAR(parts.begin()->second, whole.begin()->second, 0.1);
  EXPECT_EQ(whole.rbegin()->first, parts.rbegin()->first);
}

TEST(Week09, CompareMeasuresRanksAndFindsEqualLosses) {
  const tests::TemporaryFolder folder;
  auto arguments =
      quick(folder / "run", {{"steps", "3"}, {"warm-up", "1"}, {"turns", "1"}, {"threads", "2"}});
  arguments[0] = "compare";
  for (const std::string ranks : {"2", "flat", "ring"}) {
    arguments.push_back("--expect=loss_difference_" + ranks + "<=1e-12");
  }
  const Outcome run = week(arguments);
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_TRUE(fs::exists(folder / "run" / "compare.png"));
  const Json result = read_json(folder / "run" / "result.json");
  for (const char* name : {"images_per_s_1", "efficiency_2", "communication_share_2",
                           "images_per_s_flat", "images_per_s_ring"}) {
    EXPECT_GT(result[name].get<double>(), 0) << name;
  }
}

TEST(Week09, UserErrorsAreOneLineAndLeaveNothing) {
  const tests::TemporaryFolder folder;
  const fs::path out = folder / "run";
  const auto refused = [&](const std::map<std::string, std::string>& flags,
                           const std::string& part) {
    const Outcome run = week(quick(out, flags));
    EXPECT_EQ(run.code, 2) << part;
    EXPECT_TRUE(contains(run.err, part)) << run.err;
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    EXPECT_FALSE(fs::exists(out)) << part;
  };
  refused({{"images", "/nowhere"}}, "there is no folder /nowhere");
  refused({{"batch-size", "21"}, {"accumulate", "2"}}, "no multiple of --accumulate 2");
  refused({{"network", "resnet19"}}, "--network");
  refused({{"accumulate", "2"}, {"drop-last", "false"}}, "--drop-last false wants --accumulate 1");
  refused({{"batch-size", "20"}, {"accumulate", "20"}}, "one image alone");
  refused({{"batch-size", "179"}, {"drop-last", "false"}}, "one image alone");
}

}  // namespace
