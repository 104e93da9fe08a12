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

inline RealSet missing_set(const std::string& why) {
  const char* const required = std::getenv("COURSE_REQUIRE_DATA");
  if (required != nullptr && std::string(required) == "1") ADD_FAILURE() << why;
  return {"", why};
}

inline std::filesystem::path data_folder() {
  const char* const folder = std::getenv("COURSE_DATA_DIR");
  return folder != nullptr ? folder : COURSE_SOURCE_DIR "/data";
}

/// Returns the set from COURSE_DATA_DIR of the environment (default: data/ of the tree), or from
/// DATA_MIRROR by way of it. Where COURSE_REQUIRE_DATA=1, a missing set fails the test.
/// Use: const auto set = tests::real_set("mnist");
///      if (!set.missing.empty()) GTEST_SKIP() << set.missing;
inline RealSet real_set(const std::string& name) {
  try {
    return {common::data::locate(name, data_folder()), ""};
  } catch (const common::base::Error& error) {
    return missing_set(error.what());
  }
}

/// The same for the subset of Imagenette. It is in no catalogue, because no publisher has it.
inline RealSet real_imagenette_subset() {
  const char* const mirror = std::getenv("DATA_MIRROR");
  for (const auto& parent : {data_folder(), std::filesystem::path(mirror ? mirror : "")}) {
    std::error_code error;
    const auto folder = parent / "imagenette-subset";
    if (std::filesystem::is_directory(folder / "train", error)) return {folder, ""};
  }
  return missing_set("no imagenette-subset in data/ or DATA_MIRROR");
}

}  // namespace tests
