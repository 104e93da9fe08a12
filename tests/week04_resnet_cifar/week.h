// Week 04's executable on a set of the official layout that we make up, as its tests call it: the
// class of an image is the place of a bright square, so that a small network learns it at once.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "common/base/files.h"
#include "common/base/random.h"
#include "tests/process.h"

namespace tests {
namespace fs = std::filesystem;

inline const std::string kWeek = COURSE_BIN_DIR "/week04_resnet_cifar";
inline constexpr size_t kPlane = 32 * 32, kRecord = 1 + 3 * kPlane, kRecords = 10'000;

inline std::string made_up_file(uint64_t seed) {
  common::base::Random random(seed);
  std::string bytes(kRecord * kRecords, '\0');
  for (size_t i = 0; i < kRecords; ++i) {
    char* const record = bytes.data() + i * kRecord;
    const auto label = static_cast<size_t>(random.below(10));
    record[0] = static_cast<char>(label);
    const auto grey = static_cast<char>(60 + random.below(100));
    std::fill(record + 1, record + kRecord, grey);
    const size_t top = 2 + 14 * (label % 2), left = 1 + 6 * (label / 2);
    for (size_t y = top; y < top + 10; ++y) {
      for (size_t x = left; x < left + 5; ++x) {
        for (size_t c = 0; c < 3; ++c) record[1 + c * kPlane + y * 32 + x] = static_cast<char>(250);
      }
    }
  }
  return bytes;
}

// A folder with the set; made once for all tests of this build.
inline fs::path made_up_data() {
  const fs::path data = fs::path(COURSE_BIN_DIR).parent_path() / "tests" / "made_up_data";
  const fs::path set = data / "cifar-10-batches-bin";
  if (fs::exists(set)) return data;
  const fs::path aside = data / (".aside-" + std::to_string(::getpid()));
  fs::create_directories(aside);
  common::base::write_file(
      aside / "batches.meta.txt",
      "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n");
  for (uint64_t i = 1; i <= 5; ++i) {
    common::base::write_file(aside / ("data_batch_" + std::to_string(i) + ".bin"), made_up_file(i));
  }
  common::base::write_file(aside / "test_batch.bin", made_up_file(6));
  std::error_code another_test_was_faster;
  fs::rename(aside, set, another_test_was_faster);
  if (another_test_was_faster) fs::remove_all(aside);
  return data;
}

inline Outcome week(std::vector<std::string> arguments, int64_t most_bytes = 0) {
  arguments.insert(arguments.begin(), kWeek);
  return run(arguments, most_bytes);
}

// A training of some seconds, a tiny network on 2,000 images. `more` replaces and adds flags.
inline std::vector<std::string> quick(const fs::path& out,
                                      const std::map<std::string, std::string>& more = {},
                                      const fs::path& data = made_up_data()) {
  std::map<std::string, std::string> flags = {
      {"lr-rest", "0.053"},  {"widths", "16,16,16"}, {"limit", "2000"},          {"epochs", "3"},
      {"out", out.string()}, {"threads", "1"},       {"precision", "fp32"},      {"flip", "none"},
      {"batch-size", "100"}, {"micro-batch", "0"},   {"data-dir", data.string()}};
  for (const auto& [name, value] : more) flags[name] = value;
  std::vector<std::string> arguments;
  for (const auto& [name, value] : flags) {
    arguments.push_back("--" + name);
    arguments.push_back(value);
  }
  return arguments;
}

}  // namespace tests
