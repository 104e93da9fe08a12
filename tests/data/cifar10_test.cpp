// CIFAR-10: the layout of its records, what is said of damaged files, and the real set.
#include "common/data/cifar10.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "common/base/files.h"
#include "tests/data/expect_error.h"
#include "tests/temporary_folder.h"

namespace {
namespace fs = std::filesystem;
using common::base::write_file;
using common::data::append_cifar10;
using common::data::Cifar10;
using common::data::Cifar10Part;
using common::data::read_cifar10;
using tests::expect_error;
using tests::TemporaryFolder;

constexpr std::size_t kRecord = 3073, kPlane = 1024;
constexpr const char* kClasses =
    "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n";

// A black image with this label, and one bright pixel.
std::string record(int label, std::size_t channel, std::size_t row, std::size_t column, int value) {
  std::string bytes(kRecord, '\0');
  bytes[0] = static_cast<char>(label);
  bytes[1 + channel * kPlane + row * 32 + column] = static_cast<char>(value);
  return bytes;
}

TEST(Cifar10, ARecordIsALabelThenRedGreenBlue) {
  Cifar10 set;
  append_cifar10(record(3, 0, 0, 0, 200) + record(9, 1, 2, 5, 130), 2, "x", set);
  append_cifar10(record(0, 2, 31, 31, 255), 1, "x", set);
  EXPECT_EQ(set.count, 3);
  EXPECT_EQ(set.labels, (std::vector<std::uint8_t>{3, 9, 0}));
  ASSERT_EQ(set.images.size(), 3u * 3 * 32 * 32);
  const auto pixel = [&](std::size_t n, std::size_t channel, std::size_t row, std::size_t column) {
    return int{set.images[((n * 3 + channel) * 32 + row) * 32 + column]};
  };
  EXPECT_EQ(pixel(0, 0, 0, 0), 200);
  EXPECT_EQ(pixel(1, 1, 2, 5), 130);
  EXPECT_EQ(pixel(2, 2, 31, 31), 255);
  EXPECT_EQ(std::count(set.images.begin(), set.images.end(), 0), 3 * 3 * 32 * 32 - 3);
}

TEST(Cifar10, RefusesAnotherSizeAndLabelsAbove9) {
  Cifar10 set;
  const std::string good = record(1, 0, 0, 0, 1);
  const auto append = [&](const std::string& bytes, std::int64_t records) {
    append_cifar10(bytes, records, "x.bin", set);
  };
  expect_error("cifar10: x.bin has 3072 bytes, expected 3073; run ./dev data cifar-10-batches-bin",
               [&] { append(good.substr(1), 1); });
  expect_error("x.bin has 3074 bytes, expected 3073", [&] { append(good + "a", 1); });
  expect_error("x.bin has 3073 bytes, expected 6146", [&] { append(good, 2); });
  expect_error("x.bin has 0 bytes, expected 3073", [&] { append("", 1); });
  EXPECT_EQ(set.count, 0);
  expect_error("x.bin has the label 10 at image 1, expected 0 to 9; run ./dev data",
               [&] { append(good + record(10, 0, 0, 0, 1), 2); });
  expect_error("x.bin has the label 255 at image 0", [&] { append(record(255, 0, 0, 0, 1), 1); });
}

// A file of 10,000 images, black but for the first pixel of the first and of the last, which is
// `value`; these have the labels 1 and 9, all others 0. Most of it is a hole that takes no room.
void write_batch(const fs::path& path, int value) {
  std::ofstream file(path, std::ios::binary);
  file << record(1, 0, 0, 0, value);
  file.seekp(9'999 * static_cast<std::streamoff>(kRecord));
  file << record(9, 0, 0, 0, value);
}

TEST(Cifar10, ReadsTheFilesOfEachPartInOrder) {
  const TemporaryFolder folder;
  write_file(folder / "batches.meta.txt", std::string(kClasses) + "\n");
  write_batch(folder / "test_batch.bin", 7);
  for (int i = 1; i <= 5; ++i) {
    write_batch(folder / ("data_batch_" + std::to_string(i) + ".bin"), i);
  }
  const Cifar10 test = read_cifar10(folder.path(), Cifar10Part::kTest);
  EXPECT_EQ(test.count, 10'000);
  EXPECT_EQ(test.labels.size(), 10'000u);
  EXPECT_EQ(test.labels.front(), 1);
  EXPECT_EQ(test.images.front(), 7);
  const Cifar10 train = read_cifar10(folder.path(), Cifar10Part::kTrain);
  EXPECT_EQ(train.count, 50'000);
  ASSERT_EQ(train.labels.size(), 50'000u);
  ASSERT_EQ(train.images.size(), 50'000u * 3 * kPlane);
  for (std::size_t i = 0; i < 5; ++i) {
    const std::size_t first = i * 10'000, last = first + 9'999;
    EXPECT_EQ(train.labels[first], 1);
    EXPECT_EQ(train.labels[last], 9);
    EXPECT_EQ(train.images[first * 3 * kPlane], 1 + i);
    EXPECT_EQ(train.images[last * 3 * kPlane], 1 + i);
  }
  fs::remove(folder / "data_batch_4.bin");
  expect_error("cifar10: cannot read " + (folder / "data_batch_4.bin").string(),
               [&] { read_cifar10(folder.path(), Cifar10Part::kTrain); });
}

TEST(Cifar10, NamesTheFileAndTheCommandThatMendsIt) {
  const TemporaryFolder folder;
  const auto read = [&] { read_cifar10(folder.path(), Cifar10Part::kTest); };
  const std::string test = (folder / "test_batch.bin").string();
  const std::string classes = (folder / "batches.meta.txt").string();
  const std::string mend = "; run ./dev data cifar-10-batches-bin --force";
  expect_error("cifar10: cannot read " + classes, read);
  expect_error(mend, read);
  write_file(classes, kClasses);
  expect_error("cifar10: cannot read " + test, read);
  expect_error(mend, read);
  write_file(test, "twelve bytes");
  expect_error("cifar10: " + test + " has 12 bytes, expected 30730000" + mend, read);
  for (const std::uintmax_t size : {30'729'999, 30'730'001, 30'733'073}) {
    fs::resize_file(test, size);
    expect_error(test, read);
    expect_error(mend, read);
  }
}

TEST(Cifar10, WantsTenClassesWhateverTheLineEnds) {
  const TemporaryFolder folder;
  write_batch(folder / "test_batch.bin", 0);
  const auto classes = [&](const std::string& text) {
    write_file(folder / "batches.meta.txt", text);
    return read_cifar10(folder.path(), Cifar10Part::kTest).classes;
  };
  const std::vector<std::string> wanted = {"airplane", "automobile", "bird",  "cat",  "deer",
                                           "dog",      "frog",       "horse", "ship", "truck"};
  const std::string text = kClasses;
  EXPECT_EQ(classes(text), wanted);
  EXPECT_EQ(classes(text.substr(0, text.size() - 1)), wanted);  // no end of the last line
  std::string crlf;
  for (const char c : text) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(classes(crlf + "\r\n"), wanted);
  expect_error("batches.meta.txt names 9 classes, expected 10; run ./dev data",
               [&] { classes(text.substr(text.find('\n') + 1)); });
  expect_error("names 11 classes, expected 10", [&] { classes(text + "moose\n"); });
  expect_error("names 0 classes, expected 10", [&] { classes(""); });
}

}  // namespace
