// Week 09's executable on images that we make up, as its tests call it.
#pragma once

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "common/base/files.h"
#include "tests/process.h"
#include "tests/week09_ddp_imagenet/made_up_images.h"

namespace tests {
namespace fs = std::filesystem;

inline const std::string kWeek = COURSE_BIN_DIR "/week09_ddp_imagenet";

// The images; made once for all tests of this build.
inline std::string made_up_images() {
  const fs::path folder = fs::path(COURSE_BIN_DIR).parent_path() / "tests" / "made_up_images";
  if (fs::exists(folder)) return folder.string();
  const fs::path aside = folder.string() + "-" + std::to_string(::getpid());
  write_image_set(aside);
  std::error_code another_test_was_faster;
  fs::rename(aside, folder, another_test_was_faster);
  if (another_test_was_faster) fs::remove_all(aside);
  return folder.string();
}

inline Outcome week(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), kWeek);
  return run(arguments);
}

// A training of some seconds. `more` replaces and adds flags.
inline std::vector<std::string> quick(const fs::path& out,
                                      const std::map<std::string, std::string>& more = {}) {
  std::map<std::string, std::string> flags = {{"images", made_up_images()},
                                              {"network", "resnet18"},
                                              {"width", "8"},
                                              {"sizes", "24,32"},
                                              {"val-size", "32"},
                                              {"batch-size", "20"},
                                              {"epochs", "4"},
                                              {"evaluate-every", "1"},
                                              {"save-every-s", "0.2"},
                                              {"lr", "0.1"},
                                              {"threads", "1"},
                                              {"precision", "fp32"},
                                              {"out", out.string()}};
  for (const auto& [name, value] : more) flags[name] = value;
  std::vector<std::string> arguments = {"train"};
  for (const auto& [name, value] : flags) arguments.push_back("--" + name + "=" + value);
  return arguments;
}

inline std::string weights(const fs::path& run) {
  return common::base::read_file(run / "weights.safetensors");
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Waits until a run has saved a checkpoint; one that is still written has another name.
inline bool has_checkpoint(const fs::path& run) {
  for (int i = 0; i < 10'000; ++i) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(run / "checkpoint", ignored)) {
      if (entry.path().filename().string().rfind("step-", 0) == 0) return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace tests
