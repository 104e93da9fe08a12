// Week 04's executable as a person uses it.
#include <gtest/gtest.h>

#include <algorithm>

#include "common/base/json.h"
#include "tests/bench_answers.h"
#include "tests/week04_resnet_cifar/week.h"

namespace {
namespace fs = std::filesystem;
using common::base::Json;
using common::base::read_file;
using common::base::read_json;
using tests::kWeek;
using tests::made_up_data;
using tests::Outcome;
using tests::Process;
using tests::quick;
using tests::week;

TEST(Week04, TrainLearnsAndLeavesPicturesNumbersAndWeights) {
  const tests::TemporaryFolder folder;
  const fs::path dir = folder / "run";
  const Outcome run =
      week(quick(dir, {{"validation", "1000"}, {"expect", "validation_accuracy>=0.9"}}));
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  for (const char* name :
       {"augmentation.png", "calibration.png", "checkpoint", "config.json", "confusion.png",
        "curves.png", "env.json", "log.txt", "metrics.jsonl", "result.json", "table_classes.json",
        "table_summary.json", "weights.safetensors"}) {
    EXPECT_TRUE(fs::exists(dir / name)) << name;
  }
  const Json result = read_json(dir / "result.json");
  EXPECT_GT(result["images_per_s"].get<double>(), 0);
  EXPECT_FALSE(result.contains("test_accuracy"))
      << "the test set is not read while images are held out";

  // What was trained is evaluated, exported, and says what is in a picture.
  const std::string data = made_up_data().string();
  const Outcome evaluated =
      week({"evaluate", "--weights", dir.string(), "--data-dir", data, "--out",
            (folder / "evaluated").string(), "--expect", "test_accuracy>=0.9"});
  EXPECT_EQ(evaluated.code, 0) << evaluated.out << evaluated.err;
  const Outcome exported =
      week({"export", "--weights", dir.string(), "--out", (folder / "exported").string()});
  EXPECT_EQ(exported.code, 0) << exported.err;
  EXPECT_EQ(read_json(folder / "exported" / "config.json")["classes"][9], "truck");
  const Outcome predicted =
      week({"predict", (dir / "confusion.png").string(), "--weights",
            (folder / "exported").string(), "--out", (folder / "predicted").string()});
  EXPECT_EQ(predicted.code, 0) << predicted.err;
  EXPECT_NE(predicted.out.find(" %, "), std::string::npos) << predicted.out;

  const Outcome explained =
      week({"explain", "--weights", dir.string(), "--data-dir", data, "--images", "200", "--out",
            (folder / "explained").string(), "--expect", "hottest_quarter_drop>=0.3"});
  EXPECT_EQ(explained.code, 0) << explained.out << explained.err;
  const Json costs = read_json(folder / "explained" / "result.json");
  EXPECT_GE(costs["hottest_quarter_drop"].get<double>(),
            costs["other_quarter_drop"].get<double>() + 0.1)
      << "the colours are where the network looks in this image, not in any";
  for (const char* name : {"filters.png", "grad_cam.png", "maps.png"}) {
    EXPECT_TRUE(fs::exists(folder / "explained" / name)) << name;
  }
}

// The values of a metric that a run logged, in order.
std::vector<double> logged(const fs::path& run, const std::string& split, const std::string& name) {
  std::vector<double> values;
  const std::string lines = read_file(run / "metrics.jsonl");
  for (size_t at = 0, end = 0; (end = lines.find('\n', at)) != std::string::npos; at = end + 1) {
    const Json line = Json::parse(lines.substr(at, end - at));
    if (line["split"] == split) values.push_back(line[name].get<double>());
  }
  return values;
}

// Trains once without and once with an interruption, which comes once `part` is printed.
void expect_equal_after_interruption(const std::map<std::string, std::string>& settings,
                                     const std::string& part) {
  const tests::TemporaryFolder folder;
  ASSERT_EQ(week(quick(folder / "whole", settings)).code, 0);
  std::vector<std::string> command = quick(folder / "cut", settings);
  command.insert(command.begin(), kWeek);
  Process cut(command);
  ASSERT_TRUE(cut.prints(part));
  cut.send(SIGINT);
  const Outcome stopped = cut.wait();
  EXPECT_EQ(stopped.code, 130) << stopped.out << stopped.err;
  EXPECT_NE(stopped.err.find("stopped and saved; go on with"), std::string::npos) << stopped.err;
  const Outcome resumed = week({"--resume", (folder / "cut").string()});
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_NE(resumed.out.find("going on after step"), std::string::npos) << resumed.out;
  EXPECT_TRUE(read_file(folder / "cut" / "weights.safetensors") ==
              read_file(folder / "whole" / "weights.safetensors"));
}

TEST(Week04, ARunThatWasInterruptedEndsAsIfItHadNotBeen) {
  expect_equal_after_interruption(
      {{"epochs", "4"}, {"ema", "0.9"}, {"mixup", "0.2"}, {"cutout", "8"}}, "MFLOP an image");
}

// The form of the presets for a processor. The best weights are those of an early look, when all
// held-out images are right: looks after the interruption are no better.
TEST(Week04, SoDoesOneWithLanesMicroBatchesAndTheBestWeightsKept) {
  expect_equal_after_interruption({{"epochs", "8"},
                                   {"threads", "2"},
                                   {"micro-batch", "25"},
                                   {"lookahead", "5"},
                                   {"validation", "500"},
                                   {"patience", "100"}},
                                  "100.00 % of the validation images right");
}

TEST(Week04, LanesTrainTheSameNetwork) {
  const tests::TemporaryFolder folder;
  std::map<std::string, std::string> settings = {
      {"threads", "2"}, {"micro-batch", "25"}, {"limit", "600"}, {"epochs", "1"}, {"lanes", "1"}};
  ASSERT_EQ(week(quick(folder / "one", settings)).code, 0);
  settings["lanes"] = "2";
  const Outcome two = week(quick(folder / "two", settings));
  ASSERT_EQ(two.code, 0) << two.err;
  EXPECT_NE(two.out.find("2 micro-batches side by side"), std::string::npos) << two.out;
  const auto wanted = logged(folder / "one", "train", "loss"),
             found = logged(folder / "two", "train", "loss");
  ASSERT_EQ(wanted.size(), found.size());
  ASSERT_FALSE(wanted.empty());
  // Later losses drift apart: sums in another order round differently, and these images, which
  // have hardly any colours, are whitened by large factors.
  EXPECT_NEAR(found[0], wanted[0], 1e-5);
  EXPECT_NEAR(found.back(), wanted.back(), 0.1);
}

TEST(Week04, EarlyStoppingKeepsTheBestWeights) {
  const tests::TemporaryFolder folder;
  const Outcome run = week(quick(folder / "run", {{"validation", "500"},
                                                  {"patience", "2"},
                                                  {"evaluate-every", "0.25"},
                                                  {"epochs", "20"},
                                                  {"lr", "0.4"},
                                                  {"schedule", "constant"}}));
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_NE(run.out.find("no better for 2 looks"), std::string::npos) << run.out;
  const auto looks = logged(folder / "run", "validation", "accuracy");
  const double best = *std::max_element(looks.begin(), looks.end());
  EXPECT_LT(looks.back(), best) << "the last weights are the best: this would not notice";
  EXPECT_EQ(read_json(folder / "run" / "result.json")["validation_accuracy"], best);
}

TEST(Week04, FindLrLeavesAPictureAndASuggestion) {
  const tests::TemporaryFolder folder;
  std::vector<std::string> arguments = quick(folder / "run", {{"steps", "40"}});
  arguments.insert(arguments.begin(), "find-lr");
  const Outcome run = week(arguments);
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_TRUE(fs::exists(folder / "run" / "lr.png"));
  EXPECT_GT(read_json(folder / "run" / "result.json")["suggested_max_lr"].get<double>(), 0);

  // A rate at which the loss is no number soon is an answer, too.
  arguments = quick(folder / "far", {{"steps", "40"}, {"from", "0.1"}, {"to", "1e6"}});
  arguments.insert(arguments.begin(), "find-lr");
  const Outcome far = week(arguments);
  EXPECT_EQ(far.code, 0) << far.err;
  EXPECT_TRUE(fs::exists(folder / "far" / "lr.png"));
}

// A study says how its trainings compute, and they do, each once.
int64_t computing_in(const std::string& output) {
  int64_t count = 0;
  for (size_t at = 0; (at = output.find("computes in", at)) != output.npos; ++at) ++count;
  return count;
}

TEST(Week04, AStudyTellsEachVariantAndGoesOn) {
  const tests::TemporaryFolder folder;
  const std::vector<std::string> arguments = quick(
      folder / "run",
      {{"preset", "study-optimizer"}, {"validation", "500"}, {"limit", "500"}, {"epochs", "1"}});
  std::vector<std::string> command = {kWeek, "study"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  Process stopped(command);
  ASSERT_TRUE(stopped.prints("sgd: "));
  stopped.send(SIGINT);
  EXPECT_EQ(stopped.wait().code, 130);

  // What was done is not done again.
  const Outcome run = week({"study", "--resume", (folder / "run").string()});
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_EQ(computing_in(run.out), 1 + 2) << run.out;
  EXPECT_NE(read_file(folder / "run" / "log.txt").find(" computes in fp32"), std::string::npos)
      << "from which its record has the precision";
  const Json result = read_json(folder / "run" / "result.json");
  for (const char* name : {"sgd_accuracy", "adamw_accuracy", "muon_accuracy"}) {
    EXPECT_TRUE(result.contains(name)) << name;
  }
  EXPECT_EQ(read_json(folder / "run" / "table_study.json")["rows"].size(), 3U);
}

std::vector<Json> bench(const fs::path& out, const std::map<std::string, std::string>& settings) {
  std::string command = kWeek + " bench";
  for (const auto& word : quick(out, settings)) command += " " + word;
  return tests::bench_answers(command);
}

// What bench/week04.py asks: first losses and precision, then images a second for each line.
TEST(Week04, BenchAnswersEachLine) {
  const tests::TemporaryFolder folder;
  for (const std::string what : {"train", "data", "one"}) {
    const std::vector<Json> answers = bench(folder / what, {{"what", what}});
    ASSERT_EQ(answers.size(), 3U) << what;
    EXPECT_EQ(answers[0]["losses"].size(), 3U);
    EXPECT_EQ(answers[0]["precision"], "fp32");
    EXPECT_GT(answers[2]["images_per_s"].get<double>(), 0);
    EXPECT_TRUE(fs::exists(folder / what / "start.safetensors"));
  }
}

// The sides of the bench that take ours apart compute the same.
TEST(Week04, BenchWithoutLanesOrWinogradHasTheSameLosses) {
  const tests::TemporaryFolder folder;
  std::map<std::string, std::string> settings = {
      {"what", "train"}, {"widths", "64,64,64"}, {"micro-batch", "50"}, {"threads", "2"}};
  const auto ours = bench(folder / "ours", settings);
  settings["lanes"] = "1";
  const auto one_lane = bench(folder / "one", settings);
  settings["direct"] = "true";
  const auto direct = bench(folder / "direct", settings);
  ASSERT_EQ(ours.size(), 3U);
  ASSERT_EQ(one_lane.size(), 3U);
  ASSERT_EQ(direct.size(), 3U);
  const auto first = [](const std::vector<Json>& of) { return of[0]["losses"][0].get<double>(); };
  EXPECT_NEAR(first(one_lane), first(ours), 1e-5);
  EXPECT_NEAR(first(direct), first(ours), 1e-3);
  EXPECT_NE(direct[0]["losses"], one_lane[0]["losses"]) << "both take the same way";
}

// augmentation.png shows six where there are six; blended targets have an accuracy, too.
TEST(Week04, TrainsOnFewerImagesThanThePicturesShow) {
  const tests::TemporaryFolder folder;
  const Outcome run =
      week(quick(folder / "run",
                 {{"limit", "5"}, {"batch-size", "5"}, {"validation", "100"}, {"mixup", "0.5"}}));
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_TRUE(fs::exists(folder / "run" / "augmentation.png"));
}

}  // namespace
