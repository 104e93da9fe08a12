// What a week's `bench` says, as its script in bench/ asks it.
#pragma once

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "common/base/json.h"
#include "tests/process.h"

namespace tests {

/// Runs a command, asks it for one and then for two, and returns its answers: the lines of JSON.
inline std::vector<common::base::Json> bench_answers(const std::string& command) {
  const Outcome outcome = run({"/bin/sh", "-c", "printf '1\n2\n' | " + command});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  std::vector<common::base::Json> answers;
  std::istringstream lines(outcome.out);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind('{', 0) == 0) answers.push_back(common::base::Json::parse(line));
  }
  return answers;
}

}  // namespace tests
