// A training that is killed at any moment, while it writes too, ends as if nothing had happened.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "common/base/files.h"
#include "common/base/random.h"
#include "tests/process.h"

namespace {
namespace fs = std::filesystem;
using common::base::read_file;
using tests::Process;

const std::string kVictim = COURSE_BIN_DIR "/victim";

// Everything that an uninterrupted run leaves, as bytes.
struct Left {
  std::string weights, average, metrics;
  Left() = default;
  explicit Left(const fs::path& dir)
      : weights(read_file(dir / "weights.safetensors")),
        average(read_file(dir / "average.safetensors")) {
    // Of each line all but the speed, which differs from run to run.
    const std::string lines = read_file(dir / "metrics.jsonl");
    for (size_t at = 0; at < lines.size();) {
      const size_t end = lines.find('\n', at);
      const std::string line = lines.substr(at, end - at);
      metrics += line.substr(0, line.find("samples_per_s")) + "\n";
      at = end + 1;
    }
  }
};

bool has_half_written(const fs::path& dir) {
  if (!fs::exists(dir / "checkpoint")) return false;
  for (const auto& entry : fs::directory_iterator(dir / "checkpoint")) {
    if (entry.path().filename().string().find(".aside") != std::string::npos) return true;
  }
  return false;
}

bool has_whole(const fs::path& dir) {
  if (!fs::exists(dir / "checkpoint")) return false;
  for (const auto& entry : fs::directory_iterator(dir / "checkpoint")) {
    if (entry.path().filename().string().starts_with("step-")) return true;
  }
  return false;
}

// An uninterrupted run, and what it left and took.
struct Whole {
  explicit Whole(const fs::path& dir) {
    const auto began = std::chrono::steady_clock::now();
    const auto run = tests::run({kVictim, dir.string()});
    EXPECT_EQ(run.code, 0) << run.err;
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    left = Left(dir);
  }
  double seconds = 0;
  Left left;
};

// Goes on with the killed run in `dir` and compares its end.
void expect_equal_end(const fs::path& dir, const Left& whole) {
  const bool saved = has_whole(dir);
  const auto again = tests::run({kVictim, dir.string()});
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(again.out.find("going on after step") != std::string::npos, saved) << again.out;
  const Left resumed(dir);
  EXPECT_TRUE(resumed.weights == whole.weights) << dir;
  EXPECT_TRUE(resumed.average == whole.average) << dir;
  EXPECT_EQ(resumed.metrics, whole.metrics) << dir;
  EXPECT_FALSE(has_half_written(dir)) << "what was half written is still there";
}

TEST(Kill, AtTwentyMomentsDrawnUniformlyTheResumedRunEndsBitEqual) {
  const tests::TemporaryFolder folder;
  const Whole whole(folder / "whole");
  common::base::Random random(/*seed=*/4);
  int after_a_checkpoint = 0;
  for (int i = 0; i < 20; ++i) {
    const fs::path dir = folder / ("run-" + std::to_string(i));
    Process victim({kVictim, dir.string()});
    std::this_thread::sleep_for(std::chrono::duration<double>(random.uniform(0, whole.seconds)));
    victim.send(SIGKILL);
    victim.wait();
    after_a_checkpoint += has_whole(dir);
    expect_equal_end(dir, whole.left);
    fs::remove_all(dir);
  }
  EXPECT_GE(after_a_checkpoint, 3);
}

TEST(Kill, InsideAWriteTheResumedRunEndsBitEqual) {
  const tests::TemporaryFolder folder;
  const Whole whole(folder / "whole");
  int inside = 0;
  for (int i = 0; inside < 4 && i < 40; ++i) {
    const fs::path dir = folder / ("run-" + std::to_string(i));
    Process victim({kVictim, dir.string()});
    ASSERT_TRUE(tests::wait_for(dir / "checkpoint"));
    const auto until = std::chrono::steady_clock::now() +
                       std::chrono::duration<double>(0.05 * (1 + i % 5) * whole.seconds);
    while (std::chrono::steady_clock::now() < until) continue;
    while (!has_half_written(dir) && !fs::exists(dir / "weights.safetensors")) continue;
    victim.send(SIGKILL);
    victim.wait();
    if (has_half_written(dir)) {
      ++inside;
      expect_equal_end(dir, whole.left);
    }
    fs::remove_all(dir);
  }
  EXPECT_EQ(inside, 4);
}

TEST(Kill, AfterCtrlCTheRunGoesOn) {
  const tests::TemporaryFolder folder;
  ASSERT_EQ(tests::run({kVictim, (folder / "whole").string()}).code, 0);
  Process victim({kVictim, (folder / "run").string()});
  ASSERT_TRUE(tests::wait_for(folder / "run" / "checkpoint"));
  victim.send(SIGINT);
  EXPECT_EQ(victim.wait().code, 2);  // the victim has no main that tells Ctrl-C from an error
  ASSERT_FALSE(fs::exists(folder / "run" / "weights.safetensors"));
  expect_equal_end(folder / "run", Left(folder / "whole"));
}

}  // namespace
