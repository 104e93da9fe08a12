#include "common/data/mnist.h"

#include <algorithm>
#include <string>

#include "common/base/error.h"
#include "common/data/idx.h"

namespace common::data {
namespace fs = std::filesystem;
namespace {

constexpr const char* kMend = "; run ./dev data mnist --force";
constexpr std::uint64_t kMaxBytes = 100'000'000;  // the training images have 47,040,000

// The file as it is there: gzipped, as published, or plain.
fs::path find(const fs::path& folder, const std::string& name) {
  const fs::path zipped = folder / (name + ".gz");
  std::error_code ignored;
  if (fs::exists(zipped, ignored)) return zipped;
  base::require(fs::exists(folder / name, ignored),
                "mnist: " + zipped.string() + " is missing" + kMend);
  return folder / name;
}

Idx read(const fs::path& path, int rank) {
  try {
    return read_idx(path, rank, kMaxBytes);
  } catch (const base::Error& error) {
    throw base::Error("mnist: " + std::string(error.what()) + kMend);
  }
}

}  // namespace

Mnist read_mnist(const fs::path& folder, MnistPart part) {
  const std::string stem = part == MnistPart::kTrain ? "train" : "t10k";
  const fs::path image_path = find(folder, stem + "-images-idx3-ubyte");
  const fs::path label_path = find(folder, stem + "-labels-idx1-ubyte");
  Idx images = read(image_path, 3);  // [N, 28, 28]
  Idx labels = read(label_path, 1);  // [N]
  base::require(images.dims[1] == Mnist::kSide && images.dims[2] == Mnist::kSide,
                "mnist: " + image_path.string() + " has images of " +
                    std::to_string(images.dims[1]) + " x " + std::to_string(images.dims[2]) +
                    ", expected 28 x 28" + kMend);
  base::require(images.dims[0] == labels.dims[0],
                "mnist: " + label_path.string() + " has " + std::to_string(labels.dims[0]) +
                    " labels, expected " + std::to_string(images.dims[0]) + ", one for each of " +
                    image_path.filename().string() + kMend);
  const auto wrong = std::find_if(labels.bytes.begin(), labels.bytes.end(),
                                  [](std::uint8_t label) { return label > 9; });
  base::require(wrong == labels.bytes.end(),
                "mnist: " + label_path.string() + " has the label " +
                    std::to_string(wrong == labels.bytes.end() ? 0 : *wrong) + " at " +
                    std::to_string(wrong - labels.bytes.begin()) + ", expected 0 to 9" + kMend);
  return {images.dims[0], std::move(images.bytes), std::move(labels.bytes)};
}

}  // namespace common::data
