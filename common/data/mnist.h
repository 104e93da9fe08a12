// MNIST: 28 x 28 images of handwritten digits with their labels.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace common::data {

/// The halves of MNIST: 60,000 images to train on, 10,000 to test with.
enum class MnistPart { kTrain, kTest };

/// Images and labels as stored: 0 is paper, 255 is ink.
struct Mnist {
  static constexpr std::int64_t kSide = 28;
  std::int64_t count = 0;            // N
  std::vector<std::uint8_t> images;  // [N, 28, 28]
  std::vector<std::uint8_t> labels;  // [N], 0..9
};

/// Reads a part from `folder`, which holds the four official files, gzipped (NAME.gz) or not.
/// Errors: `Error` naming the file, what was found, what was expected and the command that mends
/// it.
Mnist read_mnist(const std::filesystem::path& folder, MnistPart part);

}  // namespace common::data
