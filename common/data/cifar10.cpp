#include "common/data/cifar10.h"

#include <sstream>

#include "common/base/error.h"
#include "common/base/files.h"

namespace common::data {
namespace fs = std::filesystem;
namespace {

constexpr const char* kMend = "; run ./dev data cifar-10-batches-bin --force";
constexpr std::int64_t kPixels = Cifar10::kChannels * Cifar10::kSide * Cifar10::kSide;
constexpr std::int64_t kRecord = 1 + kPixels, kRecordsAFile = 10'000;

std::string read(const fs::path& path, std::uint64_t max_bytes) {
  try {
    return base::read_file(path, max_bytes);
  } catch (const base::Error& error) {
    throw base::Error("cifar10: " + std::string(error.what()) + kMend);
  }
}

std::vector<std::string> read_classes(const fs::path& path) {
  std::istringstream text(read(path, 10'000));
  std::vector<std::string> classes;
  for (std::string line; std::getline(text, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) classes.push_back(line);
  }
  base::require(classes.size() == Cifar10::kClasses, "cifar10: " + path.string() + " names " +
                                                         std::to_string(classes.size()) +
                                                         " classes, expected 10" + kMend);
  return classes;
}

}  // namespace

void append_cifar10(const std::string& bytes, std::int64_t records, const std::string& where,
                    Cifar10& set) {
  const auto wanted = static_cast<std::size_t>(records * kRecord);
  base::require(bytes.size() == wanted, "cifar10: " + where + " has " +
                                            std::to_string(bytes.size()) + " bytes, expected " +
                                            std::to_string(wanted) + kMend);
  set.images.reserve(set.images.size() + static_cast<std::size_t>(records * kPixels));
  for (std::int64_t i = 0; i < records; ++i) {
    const auto record = bytes.begin() + i * kRecord;
    const auto label = static_cast<std::uint8_t>(*record);
    base::require(label < Cifar10::kClasses, "cifar10: " + where + " has the label " +
                                                 std::to_string(label) + " at image " +
                                                 std::to_string(i) + ", expected 0 to 9" + kMend);
    set.labels.push_back(label);
    set.images.insert(set.images.end(), record + 1, record + kRecord);
  }
  set.count += records;
}

Cifar10 read_cifar10(const fs::path& folder, Cifar10Part part) {
  std::vector<std::string> names = {"test_batch.bin"};
  if (part == Cifar10Part::kTrain) {
    names.clear();
    for (char i = '1'; i <= '5'; ++i) names.push_back(std::string("data_batch_") + i + ".bin");
  }
  Cifar10 set;
  set.classes = read_classes(folder / "batches.meta.txt");
  set.images.reserve(names.size() * static_cast<std::size_t>(kRecordsAFile * kPixels));
  for (const auto& name : names) {
    const fs::path path = folder / name;
    append_cifar10(read(path, kRecordsAFile * kRecord + 1), kRecordsAFile, path.string(), set);
  }
  return set;
}

}  // namespace common::data
