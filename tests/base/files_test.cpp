// Files written aside and renamed.
#include "common/base/files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "common/base/error.h"
#include "tests/temporary_folder.h"

namespace {
using common::base::Error;
using common::base::human_bytes;
using common::base::read_file;
using common::base::write_file;
using tests::message_of;
namespace fs = std::filesystem;

int64_t entries(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

TEST(Files, WrittenBytesAreReadBack) {
  const tests::TemporaryFolder folder;
  const std::string bytes("a\0b\n\xff", 5);
  write_file(folder / "x.bin", "older and longer");
  write_file(folder / "x.bin", bytes);
  EXPECT_EQ(read_file(folder / "x.bin"), bytes);
  EXPECT_EQ(entries(folder.path()), 1);
}

TEST(Files, WhatAKilledProcessOfOurNumberLeftIsInNobodysWay) {
  const tests::TemporaryFolder folder;
  const auto aside = [&](int i) {
    return folder / (".x." + std::to_string(::getpid()) + "-" + std::to_string(i) + ".aside.bin");
  };
  for (int i = 0; i < 500; ++i) std::ofstream(aside(i)) << "left";
  write_file(folder / "x.bin", "new");
  EXPECT_EQ(read_file(folder / "x.bin"), "new");
  for (int i = 0; i < 500; ++i) EXPECT_EQ(read_file(aside(i)), "left");
}

TEST(Files, AFailedWriterLeavesTheOldFileAndNothingBesideIt) {
  const tests::TemporaryFolder folder;
  write_file(folder / "x.txt", "old");
  const auto half = [](const fs::path& aside) {
    std::ofstream(aside) << "half";
    throw Error("the encoder failed");
  };
  EXPECT_THROW(common::base::write_file_with(folder / "x.txt", half), Error);
  EXPECT_EQ(read_file(folder / "x.txt"), "old");
  EXPECT_EQ(entries(folder.path()), 1);
}

// A limit on file size stands for a full disk: write() fails after some bytes in both.
TEST(Files, AFullDiskIsAnErrorAndLeavesTheOldFile) {
  const tests::TemporaryFolder folder;
  write_file(folder / "x.txt", "old");
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto what =
        message_of<Error>([&] { write_file(folder / "x.txt", std::string(5000, 'x')); });
    ::_exit(what.find("cannot write") == std::string::npos ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(read_file(folder / "x.txt"), "old");
  EXPECT_EQ(entries(folder.path()), 1);
}

TEST(Files, AMissingFolderIsAnErrorThatNamesTheFile) {
  const tests::TemporaryFolder folder;
  const auto what = message_of<Error>([&] { write_file(folder / "no/x.txt", "x"); });
  EXPECT_NE(what.find("no/x.txt"), std::string::npos) << what;
  EXPECT_NE(what.find("No such file"), std::string::npos) << what;
}

TEST(Files, AFileLargerThanTheLimitIsRefused) {
  const tests::TemporaryFolder folder;
  write_file(folder / "x.txt", std::string(1001, 'x'));
  EXPECT_THROW(read_file(folder / "x.txt", 1000), Error);
  EXPECT_EQ(read_file(folder / "x.txt", 1001).size(), 1001u);
  EXPECT_THROW(read_file(folder.path()), Error);
}

TEST(Files, BytesAreToldInPowersOfAThousand) {
  EXPECT_EQ(human_bytes(999), "999 bytes");
  EXPECT_EQ(human_bytes(11'401'738), "11.4 MB");
  EXPECT_EQ(human_bytes(170'052'171), "170 MB");
  EXPECT_EQ(human_bytes(999'999), "1.0 MB");
}

}  // namespace
