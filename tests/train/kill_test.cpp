// A training that is killed at any moment, while it writes too, ends as if nothing had happened.
#include <gtest/gtest.h>

#include <chrono>
#include <iostream>

#include "common/base/files.h"
#include "common/base/random.h"
#include "tests/process.h"

namespace {
namespace fs = std::filesystem;
using common::base::read_file;
using tests::Process;

const std::string kVictim = COURSE_BIN_DIR "/victim";

// Everything that an uninterrupted run leaves, as bytes.
struct Outcome {
  std::string weights, average, metrics;
  explicit Outcome(const fs::path& dir)
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

TEST(Kill, AtTwentyMomentsTheResumedRunEndsBitEqual) {
  const tests::TemporaryFolder folder;
  const auto began = std::chrono::steady_clock::now();
  ASSERT_EQ(tests::run({kVictim, (folder / "whole").string()}).code, 0);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  const Outcome whole(folder / "whole");

  common::base::Random random(/*seed=*/4);
  int in_writing = 0, after_a_checkpoint = 0;
  for (int i = 0; i < 20; ++i) {
    const fs::path dir = folder / ("run-" + std::to_string(i));
    Process victim({kVictim, dir.string()});
    std::this_thread::sleep_for(std::chrono::duration<double>(random.uniform(0, seconds)));
    victim.send(SIGKILL);
    victim.wait();
    in_writing += has_half_written(dir);
    after_a_checkpoint += fs::exists(dir / "checkpoint");
    const auto again = tests::run({kVictim, dir.string()});
    ASSERT_EQ(again.code, 0) << again.err;
    const Outcome resumed(dir);
    EXPECT_TRUE(resumed.weights == whole.weights) << "killed run " << i;
    EXPECT_TRUE(resumed.average == whole.average) << "killed run " << i;
    EXPECT_EQ(resumed.metrics, whole.metrics) << "killed run " << i;
    EXPECT_FALSE(has_half_written(dir)) << "what was half written is gone";
    fs::remove_all(dir);
  }
  std::cout << in_writing << " of 20 kills fell into a write, " << after_a_checkpoint
            << " after the first checkpoint\n";
  EXPECT_GE(in_writing, 1);
  EXPECT_GE(after_a_checkpoint, 5);
}

TEST(Kill, CtrlCSavesAndTheRunGoesOn) {
  const tests::TemporaryFolder folder;
  ASSERT_EQ(tests::run({kVictim, (folder / "whole").string()}).code, 0);
  Process victim({kVictim, (folder / "run").string()});
  ASSERT_TRUE(tests::wait_for(folder / "run" / "checkpoint"));
  victim.send(SIGINT);
  EXPECT_EQ(victim.wait().code, 2);  // the victim has no main that tells Ctrl-C from an error
  ASSERT_FALSE(fs::exists(folder / "run" / "weights.safetensors"));
  ASSERT_EQ(tests::run({kVictim, (folder / "run").string()}).code, 0);
  EXPECT_TRUE(Outcome(folder / "run").weights == Outcome(folder / "whole").weights);
}

}  // namespace
