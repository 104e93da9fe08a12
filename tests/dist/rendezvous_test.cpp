#include "common/dist/rendezvous.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <map>
#include <string>

#include "common/base/error.h"

namespace {
using namespace common::dist;

// Variables of torchrun for the time of one test.
class Environment {
 public:
  explicit Environment(const std::map<std::string, std::string>& values) {
    for (const char* name : kNames) ::unsetenv(name);
    for (const auto& [name, value] : values) ::setenv(name.c_str(), value.c_str(), 1);
  }
  ~Environment() {
    for (const char* name : kNames) ::unsetenv(name);
  }

 private:
  static constexpr const char* kNames[] = {"RANK",
                                           "WORLD_SIZE",
                                           "LOCAL_RANK",
                                           "MASTER_ADDR",
                                           "MASTER_PORT",
                                           "TORCHELASTIC_USE_AGENT_STORE",
                                           "TORCHELASTIC_RESTART_COUNT"};
};

TEST(Rendezvous, WithoutVariablesItIsAWorldOfOne) {
  const Environment environment({});
  const Rendezvous r = rendezvous_from_environment();
  EXPECT_EQ(r.world.rank, 0);
  EXPECT_EQ(r.world.size, 1);
  EXPECT_FALSE(r.launched);
}

TEST(Rendezvous, ReadsWhatTorchrunSets) {
  const Environment environment({{"RANK", "5"},
                                 {"WORLD_SIZE", "8"},
                                 {"LOCAL_RANK", "1"},
                                 {"MASTER_ADDR", "node0"},
                                 {"MASTER_PORT", "1234"},
                                 {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                                 {"TORCHELASTIC_RESTART_COUNT", "2"}});
  const Rendezvous r = rendezvous_from_environment();
  EXPECT_EQ(r.world.rank, 5);
  EXPECT_EQ(r.world.size, 8);
  EXPECT_EQ(r.local_rank, 1);
  EXPECT_EQ(r.address, "node0");
  EXPECT_EQ(r.port, 1234);
  EXPECT_FALSE(r.rank_0_serves);
  EXPECT_EQ(r.attempt, 2);
  EXPECT_TRUE(r.launched);
}

void expect_refused(const std::map<std::string, std::string>& values, const std::string& part) {
  const Environment environment(values);
  try {
    rendezvous_from_environment();
    ADD_FAILURE() << "wanted an error with: " << part;
  } catch (const common::base::Error& error) {
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST(Rendezvous, WhatDoesNotFitTogetherIsRefused) {
  expect_refused({{"RANK", "1"}}, "RANK and WORLD_SIZE must both be set");
  expect_refused({{"RANK", "2"}, {"WORLD_SIZE", "2"}}, "RANK is 2, but WORLD_SIZE only 2");
  expect_refused({{"RANK", "x"}, {"WORLD_SIZE", "2"}}, "RANK is \"x\", wanted a whole number");
  expect_refused({{"RANK", "0"}, {"WORLD_SIZE", "-2"}}, "WORLD_SIZE is \"-2\"");
  expect_refused({{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"MASTER_PORT", "65536"}}, "MASTER_PORT");
}

TEST(Rendezvous, KnowsLoopbackAddresses) {
  for (const char* address : {"localhost", "127.0.0.1", "127.0.3.4"}) {
    EXPECT_TRUE(is_loopback(address)) << address;
  }
  for (const char* address : {"node0", "10.0.0.1", "128.0.0.1", ""}) {
    EXPECT_FALSE(is_loopback(address)) << address;
  }
}

}  // namespace
