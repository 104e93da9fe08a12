// What ranks do together, as processes that talk to each other. Their checks are in ranks.cpp.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "common/dist/data_parallel.h"
#include "tests/process.h"

namespace {

using tests::Outcome;

Outcome ranks(int count, const std::string& task) {
  return tests::run({COURSE_BIN_DIR "/dist_ranks", std::to_string(count), task});
}

// Every rank ended with 0: what it saw was right.
void expect_right(int count, const std::string& task) {
  const Outcome outcome = ranks(count, task);
  EXPECT_EQ(outcome.code, 0) << count << " ranks: " << outcome.err;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(CommunicationTimes, WhatOverlapsIsCountedOnce) {
  common::dist::CommunicationTimes times;
  times.backward_s = 5;
  times.buckets = {{1, 1, 3}, {1, 2, 2.5}, {1, 4, 6}, {1, 5, 6.5}};  // 1 to 3, 4 to 6.5
  EXPECT_DOUBLE_EQ(times.busy_s(), 4.5);
  EXPECT_DOUBLE_EQ(times.exposed_s(), 1.5);
  times.backward_s = 7;
  EXPECT_DOUBLE_EQ(times.exposed_s(), 0);
}

TEST(Group, OperationsGiveWhatTheirNamesSay) {
  for (const int count : {1, 2, 3}) expect_right(count, "collectives");
}

// As torchrun starts one rank. A process alone goes the short way, which "collectives" checks.
TEST(Group, OneRankTalksToItself) {
  const Outcome outcome = tests::run({"/usr/bin/env", "RANK=0", "WORLD_SIZE=1", "MASTER_PORT=0",
                                      COURSE_BIN_DIR "/dist_ranks", "one-with-itself"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
}

TEST(Group, HostsAreReachedAtTheirOwnAddresses) { expect_right(2, "two-hosts"); }

// Writing to a rank that is gone can raise SIGPIPE, which must not end the others: they say who.
TEST(Group, ABrokenPipeEndsNobody) { expect_right(2, "break-a-pipe"); }

TEST(Group, NamesWhoDidNotCome) {
  const Outcome outcome = ranks(3, "stay-away");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(contains(outcome.err, "rank 1 of 3 did not come within 3 s")) << outcome.err;
}

TEST(Group, SaysThatRank0IsNotThere) {
  const Outcome outcome = ranks(2, "nobody-serves");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(contains(outcome.err, "rank 1 found nobody at 127.0.0.1:")) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "within 1 s: is rank 0 running there?")) << outcome.err;
}

// The killed one's code counts, the others say who is gone, in a few seconds and one line each.
void expect_named(const std::string& task, int gone, int seconds = 20) {
  const auto begin = std::chrono::steady_clock::now();
  const Outcome outcome = ranks(3, task);
  EXPECT_EQ(outcome.code, 128 + 9);
  const std::string who = "rank " + std::to_string(gone);
  EXPECT_TRUE(contains(outcome.err, who + " was ended by signal 9")) << outcome.err;
  const std::string line = "error: " + who + " is gone\n";
  const auto first = outcome.err.find(line);
  ASSERT_NE(first, std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find(line, first + 1), std::string::npos) << outcome.err;
  EXPECT_LE(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 5) << outcome.err;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(seconds));
}

TEST(Group, TheOthersSayThatRank0IsGone) { expect_named("lose-0", 0); }
TEST(Group, TheOthersSayThatRank1IsGone) { expect_named("lose-1", 1); }
TEST(Group, WhoComputesMeanwhileHearsItAllTheSame) { expect_named("lose-while-computing", 1, 40); }
TEST(Group, ALossInBackwardIsToldToo) { expect_named("lose-in-backward", 1); }

TEST(Group, ARank0ThatAnswersNothingIsGoneToo) {
  const auto begin = std::chrono::steady_clock::now();
  const Outcome outcome = ranks(2, "freeze-0");
  EXPECT_EQ(outcome.code, 3) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "error: rank 0 is gone\n")) << outcome.err;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

TEST(DataParallel, GradientsEqualThoseOfOneProcess) {
  for (const int count : {2, 3}) expect_right(count, "average");
}

TEST(DataParallel, Bf16HalvesTheBytes) { expect_right(2, "average-bf16"); }

TEST(DataParallel, BeginsWithTheNetworkOfRank0) { expect_right(3, "start"); }

TEST(DataParallel, DifferentNetworksAreRefused) {
  const Outcome outcome = ranks(2, "unequal");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(contains(outcome.err, "the ranks have different networks")) << outcome.err;
}

TEST(DataParallel, UnusedParametersAreNamed) {
  const Outcome outcome = ranks(2, "unused");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(contains(outcome.err, "the loss does not depend on forgotten.weight;"))
      << outcome.err;
}

TEST(SyncBatchNorm, EqualsOneProcessWithAllImages) {
  for (const int count : {1, 2, 3}) expect_right(count, "norm");
}

}  // namespace
