// Expects an Error of one line that says what the test names.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "common/base/error.h"

namespace tests {

/// Calls `act`; fails unless it throws base::Error with one line that contains `part`.
template <typename Act>
void expect_error(const std::string& part, Act act) {
  try {
    act();
    ADD_FAILURE() << "no error; expected one with: " << part;
  } catch (const common::base::Error& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find(part), std::string::npos) << "found: " << what << "\nexpected: " << part;
    EXPECT_EQ(what.find('\n'), std::string::npos) << "more than one line: " << what;
  }
}

}  // namespace tests
