// Week 09's settings and commands, each in a run of some seconds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

#include "common/base/json.h"
#include "tests/bench_answers.h"
#include "tests/week09_ddp_imagenet/week.h"

namespace {
using namespace tests;
using common::base::Json;
using common::base::read_json;

Json result_of(const fs::path& run) { return read_json(run / "result.json"); }

// The processes whose command lines hold `word`.
std::vector<pid_t> processes_with(const std::string& word) {
  std::vector<pid_t> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    std::ifstream file(entry.path() / "cmdline");
    const std::string words{std::istreambuf_iterator<char>(file), {}};
    if (contains(words, word)) found.push_back(std::stoi(entry.path().filename().string()));
  }
  return found;
}

std::vector<std::string> without(std::vector<std::string> arguments, const std::string& flag) {
  std::erase_if(arguments,
                [&](const std::string& a) { return a.rfind("--" + flag + "=", 0) == 0; });
  return arguments;
}

// A rank gets its share of the cores; one that goes on alone gets all.
TEST(Week09Options, RanksShareTheCores) {
  const TemporaryFolder folder;
  const std::int64_t cores = std::thread::hardware_concurrency();
  ::unsetenv("OMP_NUM_THREADS");
  Process two([&] {
    auto command = without(quick(folder / "run", {{"nproc", "2"}, {"epochs", "30"}}), "threads");
    command.insert(command.begin(), kWeek);
    return command;
  }());
  ASSERT_TRUE(two.prints("step 9: "));
  two.send(SIGINT);
  ASSERT_EQ(two.wait().code, 130);
  EXPECT_EQ(read_json(folder / "run" / "env.json")["threads"],
            std::max<std::int64_t>(1, cores / 2));
  const Outcome one = week({"train", "--resume", (folder / "run").string()});
  ASSERT_EQ(one.code, 0) << one.err;
  EXPECT_EQ(read_json(folder / "run" / "env.json")["threads"], cores);
}

TEST(Week09Options, OneRankMayBeStartedAgainToo) {
  const TemporaryFolder folder;
  std::vector<std::string> command =
      quick(folder / "run", {{"epochs", "30"}, {"save-every-s", "0.05"}, {"restarts", "1"}});
  command.insert(command.begin(), kWeek);
  Process process(command);
  ASSERT_TRUE(has_checkpoint(folder / "run"));
  const auto running = processes_with((folder / "run").string());
  ASSERT_EQ(running.size(), 2U);  // parent and rank
  ::kill(*std::max_element(running.begin(), running.end()), SIGKILL);
  const Outcome outcome = process.wait();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "going on after step ")) << outcome.out;
}

TEST(Week09Options, ARankStartsNoRanks) {
  const TemporaryFolder folder;
  for (const char* flag : {"--restarts=1", "--nproc=2", "--seeds=2"}) {
    std::vector<std::string> command = quick(folder / "run");
    command.insert(command.begin(), {"/usr/bin/env", "RANK=0", "WORLD_SIZE=2", kWeek});
    command.push_back(flag);
    const Outcome run = tests::run(command);
    EXPECT_EQ(run.code, 2) << flag;
    EXPECT_TRUE(contains(run.err, "this process is one already")) << run.err;
  }
}

TEST(Week09Options, EachTrains) {
  const TemporaryFolder folder;
  int64_t number = 0;
  for (const std::map<std::string, std::string>& settings :
       std::vector<std::map<std::string, std::string>>{
           {{"nproc", "2"}, {"compress", "true"}, {"schedule", "cosine"}, {"jitter", "0.3"}},
           {{"nproc", "2"}, {"sync-norm", "true"}, {"precision", "bf16"}, {"schedule", "step"}},
           {{"network", "resnet34"}, {"rand-augment", "2"}, {"clip-norm", "1"}},
           {{"network", "resnet50"}, {"label-smoothing", "0"}, {"workers", "2"}}}) {
    const fs::path out = folder / std::to_string(number++);
    auto flags = settings;
    flags["epochs"] = "1";
    const Outcome run = week(quick(out, flags));
    ASSERT_EQ(run.code, 0) << run.err;
    EXPECT_GT(result_of(out)["images_per_s"].get<double>(), 0);
  }
}

TEST(Week09Options, TheShareOfThePeakCountsEachSize) {
  const TemporaryFolder folder;
  const std::map<std::string, std::string> small = {{"sizes", "32"}, {"epochs", "1"}},
                                           both = {{"sizes", "32,64"}, {"epochs", "2"}};
  ASSERT_EQ(week(quick(folder / "small", small)).code, 0);
  ASSERT_EQ(week(quick(folder / "both", both)).code, 0);
  const auto flops = [&](const char* run) {  // of an image
    const Json result = result_of(folder / run);
    return result["flops_per_s"].get<double>() / result["images_per_s"].get<double>();
  };
  EXPECT_NEAR(flops("both") / flops("small"), (1 + 4) / 2.0, 0.02);  // 64 px: four times 32 px
}

TEST(Week09Options, SoManyImagesOfEachClass) {
  const TemporaryFolder folder;
  const Outcome run =
      week(quick(folder / "run", {{"per-class", "10"}, {"val-per-class", "3"}, {"epochs", "1"}}));
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_TRUE(contains(run.out, "30 images of 3 classes")) << run.out;
  EXPECT_TRUE(contains(run.out, "of 9 validation images")) << run.out;
}

TEST(Week09Options, EvaluateWantsNoTrainingImages) {
  const TemporaryFolder folder;
  ASSERT_EQ(week(quick(folder / "run", {{"epochs", "1"}})).code, 0);
  fs::create_directories(folder / "images");
  fs::create_directory_symlink(fs::path(made_up_images()) / "val", folder / "images" / "val");
  const Outcome evaluated =
      week({"evaluate", "--precision=fp32", "--weights", (folder / "run").string(), "--images",
            (folder / "images").string(), "--out", (folder / "again").string()});
  ASSERT_EQ(evaluated.code, 0) << evaluated.err;
  EXPECT_EQ(result_of(folder / "again")["val_top1"], result_of(folder / "run")["val_top1"]);
}

// The same number of classes by other names would give numbers that mean nothing.
TEST(Week09Options, EvaluateWantsTheClassesThatWereLearned) {
  const TemporaryFolder folder;
  const auto trained = week(quick(folder / "run", {{"epochs", "1"}}));
  ASSERT_EQ(trained.code, 0) << trained.err;
  const fs::path val = folder / "images" / "val";
  fs::create_directories(val);
  for (const std::string name : {"class-0", "class-1", "class-3"}) {
    fs::copy(fs::path(made_up_images()) / "val" / "class-0", val / name);
  }
  common::base::write_file(val / "class-0" / "notes.txt", "no image");
  const auto evaluate = [&](const char* out) {
    return week({"evaluate", "--weights", (folder / "run").string(), "--images",
                 (folder / "images").string(), "--out", (folder / out).string()});
  };
  const Outcome other = evaluate("other");
  EXPECT_EQ(other.code, 2);
  EXPECT_TRUE(contains(other.err, "learned other classes")) << other.err;
  EXPECT_TRUE(contains(other.out, "names do not end in .jpg or .jpeg: 1")) << other.out;
  fs::rename(val / "class-3", val / "class-2");
  EXPECT_EQ(evaluate("same").code, 0);
}

TEST(Week09Options, PrepareMakesImagesSmallerAndWhatIsDoneNotAgain) {
  const TemporaryFolder folder;
  fs::copy(made_up_images(), folder / "images", fs::copy_options::recursive);
  const fs::path first = fs::directory_iterator(folder / "images" / "val")->path();
  common::base::write_file(first / "empty.jpg", "");
  const auto prepare = [&](const std::string& out, const std::string& on_bad) {
    return week({"prepare", "--images", (folder / "images").string(), "--to",
                 (folder / "packed").string(), "--shorter", "16", "--on-bad", on_bad, "--out",
                 (folder / out).string()});
  };
  const Outcome refused = prepare("refused", "refuse");
  EXPECT_EQ(refused.code, 2) << refused.out;
  EXPECT_TRUE(contains(refused.err, "empty.jpg")) << refused.err;
  ASSERT_EQ(prepare("one", "skip").code, 0);
  EXPECT_EQ(result_of(folder / "one")["images"], 240);
  EXPECT_EQ(result_of(folder / "one")["bad"], 1);
  const auto made = fs::last_write_time(folder / "packed" / "train.images");
  const Outcome again = prepare("two", "skip");
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_TRUE(contains(again.out, "180 were there already")) << again.out;
  EXPECT_EQ(fs::last_write_time(folder / "packed" / "train.images"), made);
  EXPECT_EQ(result_of(folder / "two")["bad"], 1);
}

TEST(Week09Options, CompareTakesNoWayOfAveraging) {
  const TemporaryFolder folder;
  for (const std::string flag : {"--averaging=ring", "--compress"}) {
    const Outcome run =
        week({"compare", flag, "--images", made_up_images(), "--out", (folder / "run").string()});
    EXPECT_EQ(run.code, 2) << flag;
    EXPECT_TRUE(contains(run.err, "leave --averaging and --compress out")) << run.err;
  }
}

TEST(Week09Options, CompareGoesOnWhereItWasKilled) {
  const TemporaryFolder folder;
  auto command =
      quick(folder / "run", {{"steps", "3"}, {"warm-up", "1"}, {"turns", "1"}, {"threads", "2"}});
  command[0] = "compare";
  command.insert(command.begin(), kWeek);
  Process process(command);
  ASSERT_TRUE(process.prints("turn 1 of 1: flat"));
  process.send(SIGKILL);
  process.wait();
  const auto first = fs::last_write_time(folder / "run" / "ranks-1-turn-1" / "result.json");
  const Outcome rest = week({"compare", "--resume", (folder / "run").string()});
  ASSERT_EQ(rest.code, 0) << rest.err;
  EXPECT_EQ(fs::last_write_time(folder / "run" / "ranks-1-turn-1" / "result.json"), first);
  EXPECT_GT(result_of(folder / "run")["images_per_s_ring"].get<double>(), 0);
}

// What bench/week09.py asks: what the first batches are, then images a second for each line.
TEST(Week09Options, BenchAnswersEachLine) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "images");
  for (const char* part : {"train", "val"}) {
    fs::create_directory_symlink(fs::path(made_up_images()) / "train", folder / "images" / part);
  }
  for (const std::string what : {"batches", "decode"}) {
    const std::vector<Json> answers =
        bench_answers(kWeek + " bench --what " + what + " --images " +
                      (folder / "images").string() + " --out " + (folder / what).string());
    ASSERT_EQ(answers.size(), 3U) << what;
    EXPECT_EQ(answers[0]["losses"].size(), 3U);
    EXPECT_GT(answers[2]["images_per_s"].get<double>(), 0);
  }
}

}  // namespace
