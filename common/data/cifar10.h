// CIFAR-10: 32 x 32 colour images of ten classes, in the official binary layout.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace common::data {

/// The halves of CIFAR-10: 50,000 images to train on, 10,000 to test with.
enum class Cifar10Part { kTrain, kTest };

/// Images and labels as stored.
struct Cifar10 {
  static constexpr std::int64_t kSide = 32, kChannels = 3, kClasses = 10;
  std::int64_t count = 0;            // N
  std::vector<std::uint8_t> images;  // [N, 3, 32, 32], red, green, blue
  std::vector<std::uint8_t> labels;  // [N], 0..9
  std::vector<std::string> classes;  // airplane ... truck
};

/// Mean and standard deviation of each channel over the training images, pixels from 0 to 1.
/// Source: computed from the 50,000 images; tests/data/cifar10_test.cpp computes them again.
inline constexpr std::array<double, 3> kCifar10Mean = {0.4914, 0.4822, 0.4465};
inline constexpr std::array<double, 3> kCifar10Deviation = {0.2470, 0.2435, 0.2616};

/// Reads a part from `folder`, which holds data_batch_1.bin ... data_batch_5.bin, test_batch.bin
/// and batches.meta.txt. Each record has 3073 bytes: the label, then 1024 of red, of green and of
/// blue. Errors: `Error` naming the file, what was found, what was expected and the command that
/// mends it. Source: www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
Cifar10 read_cifar10(const std::filesystem::path& folder, Cifar10Part part);

/// Appends the records in `bytes` to `set`; `where` names the file.
/// Errors: `Error` when they are not `records` records or hold a label above 9.
void append_cifar10(const std::string& bytes, std::int64_t records, const std::string& where,
                    Cifar10& set);

}  // namespace common::data
