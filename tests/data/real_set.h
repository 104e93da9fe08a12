// Real data sets for tests labelled `data`.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "common/base/error.h"
#include "common/data/fetch.h"

namespace tests {

/// A real set, or why it is not here.
struct RealSet {
  std::filesystem::path folder;
  std::string missing;  // empty when the set is here
};

/// Returns the set from COURSE_DATA_DIR of the environment (default: data/ of the tree), or from
/// DATA_MIRROR by way of it. Where COURSE_REQUIRE_DATA=1, a missing set fails the test.
/// Use: const auto set = tests::real_set("mnist");
///      if (!set.missing.empty()) GTEST_SKIP() << set.missing;
inline RealSet real_set(const std::string& name) {
  const char* const folder = std::getenv("COURSE_DATA_DIR");
  try {
    return {common::data::locate(name, folder != nullptr ? folder : COURSE_SOURCE_DIR "/data"), ""};
  } catch (const common::base::Error& error) {
    const char* const required = std::getenv("COURSE_REQUIRE_DATA");
    if (required != nullptr && std::string(required) == "1") ADD_FAILURE() << error.what();
    return {"", error.what()};
  }
}

}  // namespace tests
