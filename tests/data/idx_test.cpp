// idx, gzip and MNIST: what is read, and what is said of damaged files.
#include "common/data/idx.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "common/base/files.h"
#include "common/data/gzip.h"
#include "common/data/mnist.h"
#include "tests/data/expect_error.h"
#include "tests/data/make_archive.h"
#include "tests/temporary_folder.h"

namespace {

using common::base::write_file;
using common::data::gunzip;
using common::data::Idx;
using common::data::parse_idx;
using common::data::read_mnist;
using tests::expect_error;
using tests::gzip;
using tests::TemporaryFolder;

// An idx file of unsigned bytes, with these dimensions and this data.
std::string idx(const std::vector<std::uint32_t>& dims, const std::string& bytes,
                char type = 0x08) {
  std::string text = {0, 0, type, static_cast<char>(dims.size())};
  for (const std::uint32_t dim : dims) {
    for (const int shift : {24, 16, 8, 0}) text += static_cast<char>(dim >> shift);
  }
  return text + bytes;
}

TEST(Idx, ReadsDimensionsAndBytes) {
  const Idx plain = parse_idx(idx({2, 3}, "abcdef"), "x", 2);
  EXPECT_EQ(plain.dims, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(std::string(plain.bytes.begin(), plain.bytes.end()), "abcdef");
  const Idx large = parse_idx(idx({300}, std::string(300, '\xff')), "x", 1);
  EXPECT_EQ(large.dims[0], 300);
  EXPECT_EQ(large.bytes[299], 255);
}

TEST(Idx, ReadsGzipAsItReadsPlain) {
  const std::string file = idx({2, 3}, "abcdef");
  EXPECT_EQ(parse_idx(gzip(file), "x", 2).bytes, parse_idx(file, "x", 2).bytes);
}

TEST(Idx, RefusesAnotherTypeOrRank) {
  expect_error("x has idx type 13, expected 8", [] { parse_idx(idx({1}, "a", 13), "x", 1); });
  expect_error("x has 1 dimensions, expected 3", [] { parse_idx(idx({1}, "a"), "x", 3); });
  expect_error("no idx file", [] { parse_idx("hello, world", "x", 1); });
  expect_error("has 0 bytes, too few", [] { parse_idx("", "x", 1); });
  expect_error("ends within its idx header", [] {
    parse_idx(idx({1, 2, 3}, "").substr(0, 9), "x", 3);
  });
}

TEST(Idx, RefusesAnotherLength) {
  expect_error("x has 5 bytes of data, expected 6 (2 x 3)", [] {
    parse_idx(idx({2, 3}, "abcde"), "x", 2);
  });
  expect_error("x has 7 bytes of data, expected 6 (2 x 3)", [] {
    parse_idx(idx({2, 3}, "abcdefg"), "x", 2);
  });
}

TEST(Idx, RefusesDimensionsThatAreZeroOrTooLarge) {
  expect_error("dimension of 0", [] { parse_idx(idx({0, 3}, ""), "x", 2); });
  const std::uint32_t most = 0xffffffff;
  expect_error("more than 1.1 GB", [&] { parse_idx(idx({most, most, most}, "a"), "x", 3); });
  expect_error("more than 10 bytes", [&] { parse_idx(idx({11}, "a"), "x", 1, 10); });
}

TEST(Gzip, JoinsMembers) { EXPECT_EQ(gunzip(gzip("one ") + gzip("two"), "x", 100), "one two"); }

TEST(Gzip, RefusesDamage) {
  const std::string good = gzip(std::string(5000, 'a') + "b");
  expect_error("x ends in the middle of its gzip data",
               [&] { gunzip(good.substr(0, good.size() - 1), "x", 10'000); });
  std::string flipped = good;
  flipped[flipped.size() - 6] ^= 1;  // the checksum
  expect_error("x has damaged gzip data: incorrect data check",
               [&] { gunzip(flipped, "x", 10'000); });
  expect_error("x has 3 bytes behind its gzip data", [&] { gunzip(good + "abc", "x", 10'000); });
  expect_error("x holds more than 100 bytes", [&] { gunzip(good, "x", 100); });
  expect_error("x is not a gzip file", [&] { gunzip("plain", "x", 100); });
}

// A folder with a tiny MNIST of `count` training images.
void write_mnist(const TemporaryFolder& folder, std::uint32_t count, const std::string& labels,
                 std::uint32_t side = 28) {
  const std::string pixels(static_cast<std::size_t>(count) * side * side, '\x07');
  write_file(folder / "train-images-idx3-ubyte.gz", gzip(idx({count, side, side}, pixels)));
  write_file(folder / "train-labels-idx1-ubyte.gz",
             gzip(idx({static_cast<std::uint32_t>(labels.size())}, labels)));
}

TEST(Mnist, ReadsImagesAndLabels) {
  const TemporaryFolder folder;
  write_mnist(folder, 2, std::string("\x03\x09", 2));
  const auto mnist = read_mnist(folder.path(), common::data::MnistPart::kTrain);
  EXPECT_EQ(mnist.count, 2);
  EXPECT_EQ(mnist.images.size(), 2u * 28 * 28);
  EXPECT_EQ(mnist.images[0], 7);
  EXPECT_EQ(mnist.labels, (std::vector<std::uint8_t>{3, 9}));
}

TEST(Mnist, NamesTheFileAndTheCommandThatMendsIt) {
  const TemporaryFolder folder;
  const auto read = [&] { read_mnist(folder.path(), common::data::MnistPart::kTrain); };
  expect_error("train-images-idx3-ubyte.gz is missing; run ./dev data mnist --force", read);
  write_mnist(folder, 2, std::string("\x03\x09\x01", 3));
  expect_error("train-labels-idx1-ubyte.gz has 3 labels, expected 2", read);
  write_mnist(folder, 2, std::string("\x03\x0a", 2));
  expect_error("has the label 10 at 1, expected 0 to 9", read);
  write_mnist(folder, 2, std::string("\x03\x09", 2), /*side=*/27);
  expect_error("has images of 27 x 27, expected 28 x 28", read);
  write_file(folder / "train-images-idx3-ubyte.gz", "\x1f\x8b damaged");
  expect_error("train-images-idx3-ubyte.gz has damaged gzip data", read);
  expect_error("; run ./dev data mnist --force", read);
}

}  // namespace
