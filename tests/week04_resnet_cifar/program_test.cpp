// Week 04's executable as a person uses it, on a set of the official layout that we make up: the
// class of an image is the place of a bright square, so that a small network learns it at once.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "common/base/json.h"
#include "common/base/random.h"
#include "tests/bench_answers.h"
#include "tests/process.h"

namespace {
namespace fs = std::filesystem;
using common::base::Json;
using common::base::read_file;
using common::base::read_json;
using tests::Outcome;
using tests::Process;

const std::string kWeek = COURSE_BIN_DIR "/week04_resnet_cifar";
constexpr size_t kPlane = 32 * 32, kRecord = 1 + 3 * kPlane, kRecords = 10'000;

std::string made_up_file(uint64_t seed) {
  common::base::Random random(seed);
  std::string bytes(kRecord * kRecords, '\0');
  for (size_t i = 0; i < kRecords; ++i) {
    char* const record = bytes.data() + i * kRecord;
    const auto label = static_cast<size_t>(random.below(10));
    record[0] = static_cast<char>(label);
    const auto grey = static_cast<char>(60 + random.below(100));
    std::fill(record + 1, record + kRecord, grey);
    const size_t top = 2 + 14 * (label % 2), left = 1 + 6 * (label / 2);
    for (size_t y = top; y < top + 10; ++y) {
      for (size_t x = left; x < left + 5; ++x) {
        for (size_t c = 0; c < 3; ++c) record[1 + c * kPlane + y * 32 + x] = static_cast<char>(250);
      }
    }
  }
  return bytes;
}

// A folder with the set; made once for all tests of this build.
fs::path made_up_data() {
  const fs::path data = fs::path(COURSE_BIN_DIR).parent_path() / "tests" / "made_up_data";
  const fs::path set = data / "cifar-10-batches-bin";
  if (fs::exists(set)) return data;
  const fs::path aside = data / (".aside-" + std::to_string(::getpid()));
  fs::create_directories(aside);
  common::base::write_file(
      aside / "batches.meta.txt",
      "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n");
  for (uint64_t i = 1; i <= 5; ++i) {
    common::base::write_file(aside / ("data_batch_" + std::to_string(i) + ".bin"), made_up_file(i));
  }
  common::base::write_file(aside / "test_batch.bin", made_up_file(6));
  std::error_code another_test_was_faster;
  fs::rename(aside, set, another_test_was_faster);
  if (another_test_was_faster) fs::remove_all(aside);
  return data;
}

Outcome week(std::vector<std::string> arguments, int64_t most_bytes = 0) {
  arguments.insert(arguments.begin(), kWeek);
  return tests::run(arguments, most_bytes);
}

// A training of some seconds, a tiny network on 2,000 images. `more` replaces and adds flags.
std::vector<std::string> quick(const fs::path& out,
                               const std::map<std::string, std::string>& more = {},
                               const fs::path& data = made_up_data()) {
  std::map<std::string, std::string> flags = {
      {"lr-rest", "0.053"},  {"widths", "16,16,16"}, {"limit", "2000"},          {"epochs", "3"},
      {"out", out.string()}, {"threads", "1"},       {"precision", "fp32"},      {"flip", "none"},
      {"batch-size", "100"}, {"micro-batch", "0"},   {"data-dir", data.string()}};
  for (const auto& [name, value] : more) flags[name] = value;
  std::vector<std::string> arguments;
  for (const auto& [name, value] : flags) {
    arguments.push_back("--" + name);
    arguments.push_back(value);
  }
  return arguments;
}

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
  EXPECT_NE(stopped.err.find("--resume"), std::string::npos) << stopped.err;
  const Outcome resumed = week({"--resume", (folder / "cut").string()});
  EXPECT_EQ(resumed.code, 0) << resumed.err;
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

TEST(Week04, AStudyTellsEachVariant) {
  const tests::TemporaryFolder folder;
  std::vector<std::string> arguments =
      quick(folder / "run",
            {{"what", "optimizer"}, {"validation", "500"}, {"limit", "500"}, {"epochs", "1"}});
  arguments.insert(arguments.begin(), "study");
  const Outcome run = week(arguments);
  ASSERT_EQ(run.code, 0) << run.err;
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

TEST(Week04, UserErrorsAreOneLineAndLeaveNothing) {
  const tests::TemporaryFolder folder;
  const fs::path out = folder / "run";
  const auto refused = [&](std::vector<std::string> arguments, const std::string& part) {
    const Outcome run = week(std::move(arguments));
    EXPECT_EQ(run.code, 2) << part;
    EXPECT_NE(run.err.find(part), std::string::npos) << run.err;
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    EXPECT_FALSE(fs::exists(out)) << part;
  };
  refused(quick(out, {{"batch-size", "150"}, {"micro-batch", "100"}}), "multiple");
  refused(quick(out, {{"limit", "50"}}), "more than the 50 images");
  refused(quick(out, {{"precision", "fp64"}}), "--precision");
  refused(quick(out, {{"precision", "fp16"}}), "needs a GPU");
  refused(quick(out, {{"netwrok", "speed"}}), "--network");
  refused({"train", "picture.png", "--out", out.string()}, "what is \"picture.png\"");
  refused({"predict", "--weights", "/nowhere", "--out", out.string()}, "which image");
  refused({"predict", "x.png", "--weights", "/nowhere", "--out", out.string()}, "/nowhere");
  refused({"evaluate", "--weights", folder.path().string(), "--out", out.string()},
          "no weights.safetensors");
}

TEST(Week04, ADamagedSetIsNamedWithTheCommandThatMendsIt) {
  const tests::TemporaryFolder folder;
  const fs::path set = folder / "data" / "cifar-10-batches-bin";
  fs::create_directories(set);
  for (const auto& entry : fs::directory_iterator(made_up_data() / "cifar-10-batches-bin")) {
    fs::copy_file(entry.path(), set / entry.path().filename());
  }
  std::string bytes = read_file(set / "data_batch_3.bin");
  bytes[kRecord * 7] = 77;  // a label
  common::base::write_file(set / "data_batch_3.bin", bytes);
  const Outcome run = week(quick(folder / "run", {}, folder / "data"));
  EXPECT_EQ(run.code, 2);
  EXPECT_NE(run.err.find("data_batch_3.bin has the label 77 at image 7"), std::string::npos)
      << run.err;
  EXPECT_NE(run.err.find("./dev data"), std::string::npos) << run.err;
  EXPECT_FALSE(fs::exists(folder / "run"));
}

TEST(Week04, TwoRunsIntoOneFolderAreKeptApart) {
  const tests::TemporaryFolder folder;
  std::vector<std::string> command = quick(folder / "run", {{"epochs", "30"}});
  command.insert(command.begin(), kWeek);
  Process first(command);
  ASSERT_TRUE(tests::wait_for(folder / "run" / "augmentation.png"));
  const Outcome second = week(quick(folder / "run"));
  EXPECT_EQ(second.code, 2);
  EXPECT_NE(second.err.find("exists already"), std::string::npos) << second.err;
  const Outcome third = week({"--resume", (folder / "run").string()});
  EXPECT_EQ(third.code, 2);
  EXPECT_NE(third.err.find("another process is running"), std::string::npos) << third.err;
  first.send(SIGINT);
  EXPECT_EQ(first.wait().code, 130);
}

// On a small disk of its own, which a mount namespace gives to whoever may have one.
TEST(Week04, ADiskThatFillsUpIsTold) {
  const tests::TemporaryFolder folder;
  const auto on_disk_of = [&](const std::string& kilobytes) {
    std::vector<std::string> command = {
        "/usr/bin/env",
        "unshare",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        "mount -t tmpfs -o size=" + kilobytes +
            "k none \"$0\" || exit 77\n"
            "\"$@\"; code=$?; find \"$0\" -name '*.aside*'; exit $code",
        folder.path().string(),
        kWeek};
    const auto arguments = quick(folder / "run");
    command.insert(command.end(), arguments.begin(), arguments.end());
    return tests::run(command);
  };
  for (const std::string kilobytes : {"8", "60"}) {
    const Outcome run = on_disk_of(kilobytes);
    if (run.code == 77 || run.err.find("unshare") != std::string::npos) {
      GTEST_SKIP() << "no mount namespace may be made here: " << run.err;
    }
    EXPECT_EQ(run.code, 2) << kilobytes << " kB: " << run.err;
    EXPECT_NE(run.err.find("No space left on device"), std::string::npos) << run.err;
    EXPECT_EQ(run.out.find(".aside"), std::string::npos) << run.out;
  }
}

TEST(Week04, ServeTrainsFirstWhereNothingIsTrained) {
  const fs::path runs = COURSE_SOURCE_DIR "/runs/week04_resnet_cifar";
  std::error_code none;
  for (const auto& entry : fs::recursive_directory_iterator(runs, none)) {
    if (entry.path().filename() == "weights.safetensors") GTEST_SKIP() << entry.path();
  }
  Process serve({kWeek, "serve", "--port=0", "--data-dir=" + made_up_data().string()});
  EXPECT_TRUE(serve.prints("no network is trained yet; the preset quick comes first"));
  ASSERT_TRUE(serve.prints("MFLOP an image forward"));
  serve.send(SIGINT);
  const Outcome outcome = serve.wait();
  EXPECT_EQ(outcome.code, 130);
  const size_t named = outcome.err.find((runs / "quick-").string());  // how to go on
  ASSERT_NE(named, std::string::npos) << outcome.err;
  fs::remove_all(outcome.err.substr(named, outcome.err.find_first_of(" \n", named) - named));
}

TEST(Week04, AFullDiskIsToldAndLeavesNoHalfFile) {
  const tests::TemporaryFolder folder;
  const Outcome run = week(quick(folder / "run"), /*most_bytes=*/80'000);
  EXPECT_EQ(run.code, 2) << run.out;
  EXPECT_NE(run.err.find("cannot write"), std::string::npos) << run.err;
  for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
    EXPECT_EQ(entry.path().filename().string().find(".aside"), std::string::npos) << entry.path();
  }
}

}  // namespace
