// Week 01's executable as a person uses it: commands, bad input, Ctrl-C, resume.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "common/base/json.h"
#include "tests/process.h"

namespace {
namespace fs = std::filesystem;
using common::base::Json;
using common::base::read_json;
using tests::Outcome;
using tests::Process;

const std::string kWeek = COURSE_BIN_DIR "/week01_mlp_xor";

Outcome week(std::vector<std::string> arguments, int64_t most_bytes = 0) {
  arguments.insert(arguments.begin(), kWeek);
  return tests::run(arguments, most_bytes);
}

std::set<std::string> files_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::string name = entry.path().filename();
    if (name.rfind("events.out.tfevents.", 0) == 0) name = "events";
    names.insert(name);
  }
  return names;
}

std::string first_bytes(const fs::path& path, size_t count) {
  std::string bytes(count, '\0');
  std::ifstream(path, std::ios::binary).read(bytes.data(), static_cast<std::streamsize>(count));
  return bytes;
}

TEST(Week01, TrainLeavesPicturesAndNumbers) {
  const tests::TemporaryFolder folder;
  const fs::path dir = folder / "run";
  const Outcome run = week({"--epochs", "300", "--expect", "solved>=1", "--out", dir.string()});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_EQ(
      files_in(dir),
      (std::set<std::string>{"accuracy.png", "boundary-strip.png", "boundary.png", "boundary.webp",
                             "checkpoint", "config.json", "confusion.png", "env.json", "events",
                             "log.txt", "loss.png", "metrics.jsonl", "result.json"}));
  EXPECT_EQ(first_bytes(dir / "loss.png", 4), "\x89PNG");
  EXPECT_EQ(first_bytes(dir / "boundary.webp", 4), "RIFF");
  EXPECT_EQ(read_json(dir / "result.json")["solved"], 1.0);
  EXPECT_EQ(read_json(dir / "config.json")["command_line"],
            "./dev run week01_mlp_xor --epochs 300");
}

TEST(Week01, AMissedExpectationExitsWithOne) {
  const tests::TemporaryFolder folder;
  const Outcome run =
      week({"--epochs", "10", "--expect", "train_loss<1e-9", "--out", (folder / "r").string()});
  EXPECT_EQ(run.code, 1);
  EXPECT_NE(run.out.find("MISSED"), std::string::npos) << run.out;
}

TEST(Week01, SeedsAreReportedWithMeanAndSpread) {
  const tests::TemporaryFolder folder;
  const fs::path dir = folder / "run";
  const Outcome run = week({"--seeds", "3", "--epochs", "400", "--out", dir.string()});
  EXPECT_EQ(run.code, 0) << run.err;
  const Json result = read_json(dir / "result.json");
  EXPECT_EQ(result["seeds"], 3);
  EXPECT_EQ(result["solved"], 1.0);
  EXPECT_GT(result["train_loss_sd"], 0.0);
  EXPECT_TRUE(fs::exists(dir / "seed-2" / "result.json"));
}

TEST(Week01, EveryCommandRuns) {
  const tests::TemporaryFolder folder;
  const std::vector<std::pair<std::vector<std::string>, std::string>> commands = {
      {{"compare", "--timed-steps", "20"}, "compare.png"},
      {{"table", "--widths", "2", "--tries", "1", "--epochs", "20"}, "table_success.json"},
      {{"optimizers", "--points", "40", "--epochs", "5"}, "optimizers.png"},
      {{"activations"}, "activations.png"},
      {{"frames", "--frames", "10"}, "result.json"},
      {{"train", "--preset", "circles", "--epochs", "3"}, "boundary.webp"},
      {{"train", "--preset", "spirals", "--epochs", "3"}, "boundary.webp"}};
  int count = 0;
  for (auto [arguments, left] : commands) {
    const fs::path dir = folder / std::to_string(count++);
    arguments.insert(arguments.end(), {"--out", dir.string()});
    const Outcome run = week(arguments);
    EXPECT_EQ(run.code, 0) << arguments[0] << ": " << run.err;
    EXPECT_TRUE(fs::exists(dir / left)) << arguments[0];
  }
}

TEST(Week01, CompareFindsEqualGradientsAndWeights) {
  const tests::TemporaryFolder folder;
  const Outcome run =
      week({"compare", "--timed-steps", "20", "--expect", "gradient_difference<1e-10", "--expect",
            "weight_difference<1e-10", "--out", (folder / "r").string()});
  EXPECT_EQ(run.code, 0) << run.out << run.err;
}

// One line on stderr that says what was wrong, exit 2, nothing written.
void expect_refused(const std::vector<std::string>& arguments, const std::string& said) {
  const tests::TemporaryFolder folder;
  std::vector<std::string> all = arguments;
  const bool own_out = std::find(all.begin(), all.end(), "--out") != all.end() ||
                       std::find(all.begin(), all.end(), "--resume") != all.end();
  if (!own_out) all.insert(all.end(), {"--out", (folder / "run").string()});
  const Outcome run = week(all);
  EXPECT_EQ(run.code, 2) << run.err;
  EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
  EXPECT_NE(run.err.find(said), std::string::npos) << run.err;
  EXPECT_TRUE(fs::is_empty(folder.path())) << run.err;
}

TEST(Week01, BadInputIsToldInOneLineAndWritesNothing) {
  expect_refused({"--epoch", "3"}, "did you mean --epochs?");
  expect_refused({"trian"}, "did you mean train?");
  expect_refused({"--preset", "mnits"}, "did you mean mnist?");
  expect_refused({"--epochs", "many"}, "wanted a whole number");
  expect_refused({"--lr", "-1"}, "wanted a number from 0 to 1000, found -1");
  expect_refused({"--activation", "rleu"}, "did you mean relu?");
  expect_refused({"--hidden", "8;8"}, "wanted 0 to 16 whole numbers");
  expect_refused({"--expect", "solved"}, "wanted METRIC>=NUMBER");
  expect_refused({"--device", "cuda:99"}, "CUDA device");
  expect_refused({"--device", "tpu"}, "wanted auto, cpu, cuda or cuda:N");
  expect_refused({"--config", "/nonexistent.json"}, "cannot read /nonexistent.json");
  expect_refused({"--resume", "/nonexistent"}, "holds no run");
  expect_refused({"--output", "softmax", "--loss", "binary-cross-entropy"}, "does not go with");
  expect_refused({"--out", "/proc/nothing"}, "cannot make the folder /proc/nothing");
  expect_refused({"--out", "/proc"}, "exists already");
}

TEST(Week01, ALearnersOwnCsvIsLearned) {
  const tests::TemporaryFolder folder;
  std::string rows = "width,height,kind\n";
  for (int i = 0; i < 40; ++i) {
    rows += std::to_string(1000 + i) + "," + std::to_string(i % 5) + (i < 20 ? ",a\n" : ",b\n");
  }
  common::base::write_file(folder / "own.csv", rows);
  const std::string csv = folder / "own.csv";
  const Outcome run = week({"--data", "csv", "--csv", csv, "--epochs", "300", "--expect",
                            "train_accuracy>=1", "--out", folder / "run"});
  EXPECT_EQ(run.code, 0) << run.err;
  fs::remove_all(folder / "run");
  common::base::write_file(folder / "own.csv", "1,a\n2,a\n");
  expect_refused({"--data", "csv", "--csv", csv}, "at least two classes");
  expect_refused({"--data", "csv"}, "wants --csv FILE");
}

// The network that the page saves, here with weights of our own, is where training begins.
TEST(Week01, TrainingBeginsFromANetworkFile) {
  const tests::TemporaryFolder folder;
  const std::string path = folder / "network.json";
  common::base::write_file(path, R"({"format": "week01-network", "version": 1, "sizes": [2, 2, 1],
      "activation": "relu", "output": "sigmoid", "input_mean": [0, 0], "input_scale": [1, 1],
      "layers": [{"w": [[1, 1], [1, 1]], "b": [0, -1]}, {"w": [[40], [-80]], "b": [-20]}]})");
  // x1 + x2 and what of it is over 1: XOR without any training.
  const Outcome run =
      week({"--init-from", path, "--hidden", "2", "--activation", "relu", "--lr", "0", "--epochs",
            "1", "--expect", "solved>=1", "--expect", "train_loss<=1e-8", "--out", folder / "run"});
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  expect_refused({"--init-from", path}, "add --hidden 2 --activation relu --output sigmoid");
  expect_refused({"--init-from", "/nonexistent.json"}, "cannot read /nonexistent.json");
  common::base::write_file(path, "{}");
  expect_refused({"--init-from", path}, "is no network of this week");
}

TEST(Week01, ServeSaysWhereItIsAndEndsWithCtrlC) {
  // A server of the test's own takes a port; the week is told the same one.
  const int taken = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(taken, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(taken, 1), 0);
  ::getsockname(taken, reinterpret_cast<sockaddr*>(&address), &size);
  const std::string port = std::to_string(ntohs(address.sin_port));
  const Outcome refused = week({"serve", "--port", port});
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.err.find("port " + port + " is taken"), std::string::npos) << refused.err;
  EXPECT_EQ(std::count(refused.err.begin(), refused.err.end(), '\n'), 1) << refused.err;
  ::close(taken);

  Process process({kWeek, "serve", "--port", "0"});
  ASSERT_TRUE(process.prints("http://127.0.0.1:"));
  process.send(SIGINT);
  const Outcome ended = process.wait();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_NE(ended.out.find("the playground has ended"), std::string::npos) << ended.out;
  const Outcome help = week({"serve", "--help"});
  EXPECT_NE(help.out.find("--port"), std::string::npos);
  EXPECT_EQ(help.out.find("--seeds"), std::string::npos) << "a page leaves no run";
  EXPECT_EQ(week({"serve", "--host", "256.0.0.1"}).code, 2);
}

TEST(Week01, MissingDataSaysHowToGetIt) {
  ::unsetenv("DATA_MIRROR");
  const tests::TemporaryFolder empty;
  expect_refused({"--preset", "mnist", "--data-dir", empty.path().string()}, "./dev data mnist");
  expect_refused({"--preset", "iris", "--data-dir", empty.path().string()}, "./dev data tabular");
}

TEST(Week01, AFullDiskIsToldInOneLine) {
  const tests::TemporaryFolder folder;
  const Outcome run = week({"--epochs", "300", "--out", (folder / "run").string()}, 2000);
  EXPECT_EQ(run.code, 2) << run.err;
  EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
  EXPECT_NE(run.err.find("cannot write"), std::string::npos) << run.err;
}

// Ctrl-C at some moment of a run that would take long; then on to its end.
TEST(Week01, CtrlCSavesAndTheResumedRunEqualsAnUninterruptedOne) {
  const tests::TemporaryFolder folder;
  const fs::path whole = folder / "whole", cut = folder / "cut";
  const std::vector<std::string> settings = {"--epochs", "30000", "--evaluate-every", "1000"};
  const auto with_out = [&](const fs::path& dir) {
    std::vector<std::string> all = {kWeek};
    all.insert(all.end(), settings.begin(), settings.end());
    all.insert(all.end(), {"--out", dir.string()});
    return all;
  };
  ASSERT_EQ(tests::run(with_out(whole)).code, 0);
  Process process(with_out(cut));
  ASSERT_TRUE(tests::wait_for(cut / "metrics.jsonl"));
  process.send(SIGINT);
  const Outcome stopped = process.wait();
  EXPECT_EQ(stopped.code, 130);
  EXPECT_NE(stopped.err.find("--resume"), std::string::npos) << stopped.err;
  ASSERT_FALSE(fs::exists(cut / "result.json"));
  const Outcome resumed = week({"--resume", cut.string()});
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_NE(resumed.out.find("going on after epoch"), std::string::npos) << resumed.out;
  EXPECT_EQ(read_json(cut / "result.json")["train_loss"],
            read_json(whole / "result.json")["train_loss"]);
  EXPECT_EQ(common::base::read_file(cut / "metrics.jsonl"),
            common::base::read_file(whole / "metrics.jsonl"));
  EXPECT_EQ(files_in(cut), files_in(whole));
}

TEST(Week01, CtrlCTwiceStopsAtOnceAndLeavesNothingHalfWritten) {
  const tests::TemporaryFolder folder;
  const fs::path dir = folder / "run";
  // One epoch of so many points takes long: the first Ctrl-C has to wait for it.
  Process process({kWeek, "--preset", "circles", "--points", "100000", "--hidden", "512,512",
                   "--batch-size", "10", "--out", dir.string()});
  ASSERT_TRUE(tests::wait_for(dir / "metrics.jsonl"));
  process.send(SIGINT);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  process.send(SIGINT);
  const Outcome stopped = process.wait();
  EXPECT_EQ(stopped.code, 130);
  EXPECT_NE(stopped.err.find("stopped at once"), std::string::npos) << stopped.err;
  for (const auto& name : files_in(dir)) {
    EXPECT_EQ(name.find(".aside"), std::string::npos) << name;
  }
}

TEST(Week01, CtrlCInASeriesOfSeedsIsResumedWhereItStopped) {
  const tests::TemporaryFolder folder;
  const fs::path dir = folder / "run";
  Process process({kWeek, "--seeds", "3", "--epochs", "20000", "--out", dir.string()});
  ASSERT_TRUE(tests::wait_for(dir / "seed-1" / "metrics.jsonl"));
  process.send(SIGINT);
  EXPECT_EQ(process.wait().code, 130);
  const Outcome resumed = week({"--resume", dir.string()});
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_EQ(read_json(dir / "result.json")["seeds"], 3);
}

TEST(Week01, CompareCountsTheDecayOfWeightsToo) {
  const tests::TemporaryFolder folder;
  const Outcome run = week({"compare", "--timed-steps", "20", "--l2", "0.1", "--expect",
                            "gradient_difference<1e-10", "--expect", "weight_difference<1e-10",
                            "--out", (folder / "r").string()});
  EXPECT_EQ(run.code, 0) << run.out << run.err;
}

TEST(Week01, HelpListsCommandsPresetsAndFlags) {
  const Outcome all = week({"--help"});
  EXPECT_EQ(all.code, 0);
  for (const char* word : {"train", "compare", "table", "optimizers", "xor", "mnist"}) {
    EXPECT_NE(all.out.find(word), std::string::npos) << word;
  }
  const Outcome train = week({"train", "--help"});
  EXPECT_EQ(train.code, 0);
  for (const char* word : {"--lr", "[0.05]", "--hidden", "--expect", "--resume"}) {
    EXPECT_NE(train.out.find(word), std::string::npos) << word;
  }
}

}  // namespace
