// What week 04's executable does with wrong flags, damaged images and full disks.
#include <gtest/gtest.h>

#include <algorithm>

#include "common/base/paths.h"
#include "tests/week04_resnet_cifar/week.h"

namespace {
namespace fs = std::filesystem;
using common::base::read_file;
using tests::kWeek;
using tests::made_up_data;
using tests::Outcome;
using tests::Process;
using tests::quick;
using tests::week;

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
  refused(quick(out, {{"patience", "2"}}), "--validation 5000");
  refused(quick(out, {{"precision", "fp64"}}), "--precision");
  refused(quick(out, {{"precision", "fp16"}}), "needs a GPU");
  refused(quick(out, {{"netwrok", "speed"}}), "--network");
  refused({"train", "picture.png", "--out", out.string()}, "what is \"picture.png\"");
  refused({"predict", "--weights", "/nowhere", "--out", out.string()}, "which image");
  refused({"predict", "x.png", "--out", out.string()}, "no image x.png");
  const fs::path image = common::base::source_dir() / "tests" / "reference" / "imagenet.png";
  refused({"predict", image.string(), "--weights", "/nowhere", "--out", out.string()}, "/nowhere");
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
  bytes[tests::kRecord * 7] = 77;  // a label
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
