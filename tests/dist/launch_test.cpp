#include "common/dist/launch.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "tests/process.h"

namespace {
namespace fs = std::filesystem;
using tests::Outcome;

std::vector<std::string> command(int count, const std::string& task) {
  return {COURSE_BIN_DIR "/dist_ranks", std::to_string(count), task};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Launch, LinesSayWhoWroteThem) {
  const Outcome outcome = tests::run(command(3, "say"));
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "a line of rank 0\nand one without end");
  for (const char* line : {"[rank 1] a line of rank 1\n", "[rank 1] and one without end",
                           "[rank 2] a line of rank 2\n", "said aside by 0\n"}) {
    EXPECT_TRUE(contains(outcome.err, line)) << outcome.err;
  }
}

TEST(Launch, AFailureEndsAllWithItsMessageAndCode) {
  const Outcome outcome = tests::run(command(3, "fail"));
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(contains(outcome.err, "[rank 1] error: rank 1 has had enough\n")) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "rank 1 ended with code 2; the others are being stopped"));
}

TEST(Launch, WhoDoesNotNoticeAFailureIsKilled) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(tests::run(command(2, "linger")).code, 128 + 9);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

TEST(Launch, AnInterruptionReachesAllOnceAndTheyEndThemselves) {
  for (const char* task : {"until-interrupted", "until-one-is-interrupted"}) {
    const Outcome outcome = tests::run(command(2, task));
    EXPECT_EQ(outcome.code, 130) << task;
    EXPECT_TRUE(contains(outcome.out, "rank 0 saved\n")) << outcome.out;
    EXPECT_TRUE(contains(outcome.err, "[rank 1] rank 1 saved\n")) << outcome.err;
  }
}

// Processes whose command line is that of ranks with this task.
int running(const std::string& task) {
  int count = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    std::ifstream file(entry.path() / "cmdline");
    const std::string line{std::istreambuf_iterator<char>(file), {}};
    count += contains(line, std::string("/proc/self/exe") + '\0' + task) ? 1 : 0;
  }
  return count;
}

TEST(Launch, NothingIsLeftRunningWhenTheParentIsKilled) {
  const std::string task = "sleep:" + std::to_string(::getpid());
  tests::Process parent(command(2, task));
  ASSERT_TRUE(parent.prints("asleep"));
  EXPECT_EQ(running(task), 2);
  parent.send(SIGKILL);
  EXPECT_EQ(parent.wait().code, 128 + 9);
  for (int i = 0; i < 1000 && running(task) > 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(running(task), 0);
}

TEST(Launch, TellsWhichProgramCannotBeStarted) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(common::dist::launch("/no/such/program", {}, 2), 127);
  EXPECT_TRUE(contains(testing::internal::GetCapturedStderr(), "/no/such/program"));
}

}  // namespace
