// Packed files: what comes out is what went in, a cut at any byte resumes, lies are found.
#include "common/data/packed_images.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "common/base/files.h"
#include "common/base/interrupt.h"
#include "common/data/internal/packed_format.h"
#include "tests/data/expect_error.h"
#include "tests/data/make_jpeg.h"
#include "tests/temporary_folder.h"

namespace {
namespace fs = std::filesystem;
using namespace common::data;  // NOLINT: this file tests most of it
using common::base::read_file;
using common::base::write_file;
using tests::expect_error;
using tests::make_jpeg;
using tests::TemporaryFolder;

// A folder of seven images in two classes, and where to pack them.
struct Source {
  Source() {
    for (int i = 0; i < 7; ++i) {
      const std::string name = i < 3 ? "cat" : "dog\nhouse";
      fs::create_directories(root / name);
      write_file(root / name / (std::to_string(i) + ".jpg"),
                 make_jpeg({.width = 30 + 7 * i, .height = 90 - 9 * i}));
    }
    folder = scan_image_folder(root.path());
  }
  std::string original(std::int64_t i) const {
    return read_file(root.path() / folder.samples[static_cast<std::size_t>(i)].path);
  }
  TemporaryFolder root, out;
  ImageFolder folder;
  fs::path path = out / "set.images", part = out / "set.images.part";
};

void expect_all(const Source& source, const fs::path& path) {
  const PackedImages packed(path);
  EXPECT_EQ(packed.classes(), source.folder.classes);
  ASSERT_EQ(packed.count(), static_cast<std::int64_t>(source.folder.samples.size()));
  for (std::int64_t i = 0; i < packed.count(); ++i) {
    const ImageSample& sample = source.folder.samples[static_cast<std::size_t>(i)];
    EXPECT_EQ(packed.label(i), sample.label);
    EXPECT_EQ(packed.name(i), sample.path);
    EXPECT_EQ(packed.image(i), source.original(i));
  }
}

TEST(PackedImages, HoldWhatTheFolderHolds) {
  const Source source;
  PackOptions options;
  options.workers = 3;
  const Packed packed = pack_images(source.folder, source.path, options);
  EXPECT_EQ(packed.images, 7);
  EXPECT_EQ(packed.resumed, 0);
  EXPECT_EQ(packed.bytes, fs::file_size(source.path));
  EXPECT_FALSE(fs::exists(source.part));
  expect_all(source, source.path);
  const ImageSet set = image_set(std::make_shared<const PackedImages>(source.path));
  const ImageSet loose = image_set(source.folder);
  std::string buffer, buffer2;
  ASSERT_EQ(set.count, loose.count);
  EXPECT_EQ(set.classes, loose.classes);
  for (std::int64_t i = 0; i < set.count; ++i) {
    EXPECT_EQ(set.bytes(i, buffer), loose.bytes(i, buffer2));
    EXPECT_EQ(set.label(i), loose.label(i));
    EXPECT_EQ(set.name(i), loose.name(i));
  }
}

TEST(PackedImages, AreTheSameBytesWhateverTheThreads) {
  const Source source;
  PackOptions options;
  options.workers = 1;
  pack_images(source.folder, source.path, options);
  const std::string one = read_file(source.path);
  options.workers = 4;
  pack_images(source.folder, source.path, options);
  EXPECT_EQ(read_file(source.path), one);
}

TEST(PackedImages, AreKnownWhenTheyWereMadeBefore) {
  Source source;
  PackOptions options;
  EXPECT_FALSE(packed_before(source.folder, source.path, options));
  const Packed packed = pack_images(source.folder, source.path, options);
  const auto before = packed_before(source.folder, source.path, options);
  ASSERT_TRUE(before);
  EXPECT_EQ(before->images, 7);
  EXPECT_EQ(before->resumed, 7);
  EXPECT_EQ(before->bytes, packed.bytes);
  options.shorter = 8;
  EXPECT_FALSE(packed_before(source.folder, source.path, options)) << "other options";
  options.shorter = 0;
  const std::string file = read_file(source.path);
  write_file(source.path, file.substr(0, file.size() - 1));
  EXPECT_FALSE(packed_before(source.folder, source.path, options)) << "cut short";
  std::string changed = file;
  changed[48 + 24 + source.folder.samples[0].path.size() + 30] ^= 1;
  write_file(source.path, changed);
  EXPECT_FALSE(packed_before(source.folder, source.path, options)) << "an image is damaged";
  options.stop = [] { return true; };
  EXPECT_THROW(packed_before(source.folder, source.path, options), common::base::Interrupted);
  options.stop = nullptr;

  write_file(source.root / "cat/1.jpg", "not an image");
  source.folder = scan_image_folder(source.root.path());
  options.on_bad = OnBad::kSkip;
  pack_images(source.folder, source.path, options);
  const auto without = packed_before(source.folder, source.path, options);
  ASSERT_TRUE(without);
  EXPECT_EQ(without->images, 6);
  ASSERT_EQ(without->bad.size(), 1U);
  EXPECT_EQ(without->bad[0].path, "cat/1.jpg");
  options.on_bad = OnBad::kRefuse;
  EXPECT_FALSE(packed_before(source.folder, source.path, options));
}

// The .part as it is just before the index is written.
std::string whole_part(const std::string& file, std::size_t images, std::size_t class_bytes) {
  using namespace common::data::internal;
  std::string part = file.substr(0, file.size() - images * kEntryBytes - class_bytes);
  part.replace(0, kPartMagic.size(), kPartMagic);
  return part;
}

TEST(PackedImages, GoOnAfterACutAnywhere) {
  const Source source;
  pack_images(source.folder, source.path);
  const std::string file = read_file(source.path);
  const std::string part = whole_part(file, 7, 4 + 4 + 3 + 4 + 9);
  std::vector<std::size_t> cuts = {0, 1, 47, 48, 49, 71, 72, 73, part.size() - 1, part.size()};
  for (std::size_t cut = 100; cut < part.size(); cut += part.size() / 40) cuts.push_back(cut);
  std::int64_t most = 0;
  for (const std::size_t cut : cuts) {
    write_file(source.part, part.substr(0, cut));
    const Packed packed = pack_images(source.folder, source.path);
    EXPECT_EQ(packed.images, 7);
    most = std::max(most, packed.resumed);
    EXPECT_EQ(packed.resumed == 0,
              cut < 48 + 24 + source.folder.samples[0].path.size() + source.folder.samples[0].bytes)
        << cut;
    ASSERT_EQ(read_file(source.path), file) << "cut at " << cut;
  }
  EXPECT_EQ(most, 7);
  // Cut off between the index and the rename, with the header of a whole file or without.
  for (const std::string& late :
       {file, part + file.substr(part.size()), file.substr(0, file.size() - 5)}) {
    write_file(source.part, late);
    EXPECT_EQ(pack_images(source.folder, source.path).resumed, 7);
    ASSERT_EQ(read_file(source.path), file);
  }
}

TEST(PackedImages, DamagedRecordsAreMadeAnew) {
  const Source source;
  pack_images(source.folder, source.path);
  const std::string file = read_file(source.path);
  const std::string part = whole_part(file, 7, 4 + 4 + 3 + 4 + 9);
  for (std::size_t at = 0; at < part.size(); at += 1 + part.size() / 60) {
    std::string damaged = part;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
    write_file(source.part, damaged);
    pack_images(source.folder, source.path);
    ASSERT_EQ(read_file(source.path), file) << "damaged at " << at;
  }
}

TEST(PackedImages, APartOfSomethingElseIsNotUsed) {
  Source source;
  pack_images(source.folder, source.path);
  write_file(source.part, whole_part(read_file(source.path), 7, 4 + 4 + 3 + 4 + 9));
  PackOptions options;
  options.shorter = 20;
  EXPECT_EQ(pack_images(source.folder, source.path, options).resumed, 0);
  write_file(source.part, "something else altogether, which is longer than a header of 48 bytes");
  EXPECT_EQ(pack_images(source.folder, source.path).resumed, 0);
  expect_all(source, source.path);
}

TEST(PackedImages, AStoppedPackingIsResumed) {
  Source source;
  for (int i = 0; i < 40; ++i) {
    write_file(source.root / "cat" / ("more" + std::to_string(i) + ".jpg"), make_jpeg());
  }
  source.folder = scan_image_folder(source.root.path());
  PackOptions options;
  options.workers = 1;
  int asked = 0;
  options.stop = [&] { return ++asked > 2; };
  EXPECT_THROW(pack_images(source.folder, source.path, options), common::base::Interrupted);
  EXPECT_FALSE(fs::exists(source.path));
  expect_error("is not finished", [&] { PackedImages packed(source.part); });
  options.stop = nullptr;
  const Packed packed = pack_images(source.folder, source.path, options);
  EXPECT_GT(packed.resumed, 10);
  EXPECT_LT(packed.resumed, 47);
  expect_all(source, source.path);
}

TEST(PackedImages, LargeImagesAreMadeSmaller) {
  const Source source;  // shorter sides 30, 37, 44, 51, 54, 45, 36
  PackOptions options;
  options.shorter = 40;
  pack_images(source.folder, source.path, options);
  const PackedImages packed(source.path);
  for (std::int64_t i = 0; i < packed.count(); ++i) {
    const JpegHeader before = read_jpeg_header(source.original(i), "x");
    const JpegHeader after = read_jpeg_header(packed.image(i), "x");
    const std::int64_t shorter = std::min(before.width, before.height);
    EXPECT_EQ(std::min(after.width, after.height), std::min<std::int64_t>(shorter, 40)) << i;
    EXPECT_NEAR(static_cast<double>(after.width) / static_cast<double>(after.height),
                static_cast<double>(before.width) / static_cast<double>(before.height), 0.03);
    EXPECT_EQ(packed.image(i) == source.original(i), shorter <= 40) << i;
  }
  options.quality = 0;
  expect_error("a quality from 1 to 100, found 0",
               [&] { pack_images(source.folder, source.path, options); });
}

TEST(PackedImages, BadImagesAreRefusedOrLeftOut) {
  Source source;
  write_file(source.root / "cat/1.jpg", "not an image");
  write_file(source.root / "cat/empty.jpg", "");
  const std::string good = source.original(3);
  write_file(source.root / "dog\nhouse/3.jpg", good.substr(0, good.size() / 2));
  source.folder = scan_image_folder(source.root.path());
  expect_error("1 of 8 images", [&] { pack_images(source.folder, source.path); });
  ImageFolder listed = source.folder;
  listed.bad.clear();
  expect_error("2 of 7 images", [&] { pack_images(listed, source.path); });
  EXPECT_FALSE(fs::exists(source.path));
  PackOptions options;
  options.on_bad = OnBad::kSkip;
  const Packed packed = pack_images(source.folder, source.path, options);
  EXPECT_EQ(packed.images, 5);
  EXPECT_EQ(packed.resumed, 5);
  ASSERT_EQ(packed.bad.size(), 3u);
  EXPECT_EQ(packed.bad[1].path, "cat/1.jpg");
  EXPECT_EQ(packed.bad[1].reason, "is no JPEG: it does not begin with FF D8 FF");
  const PackedImages images(source.path);
  EXPECT_EQ(images.count(), 5);
  EXPECT_EQ(images.name(1), "cat/2.jpg");
}

// --- files that lie
// -------------------------------------------------------------------------------

using namespace common::data::internal;  // NOLINT

// A file of one record, with the numbers of its index entry as given.
struct Entry {
  std::uint64_t at = 48;
  std::uint32_t bytes = 4, name_bytes = 3, label = 0;
};

std::string file_of(const Entry& entry, std::uint64_t images = 1, std::uint32_t classes = 1) {
  std::string records(kRecordBytes, 'r');
  records +=
      "a/b"
      "jpeg";
  std::string index;
  put(index, entry.at);
  for (const std::uint32_t n : {entry.bytes, entry.name_bytes, entry.label, crc_of("a/bjpeg")}) {
    put(index, n);
  }
  put(index, classes);
  put(index, std::uint32_t{1});
  index += "a";
  return header_bytes(kWholeMagic, 7, images, 48 + records.size(), crc_of(index)) + records + index;
}

void parse(const std::string& file) { parse_packed_images(file, "x"); }

TEST(PackedImages, EveryNumberIsCheckedAgainstTheFile) {
  EXPECT_EQ(parse_packed_images(file_of({}), "x").images.at(0).at, 72u);
  for (const std::uint64_t at : {0ull, 47ull, 49ull, 80ull, 1ull << 32, ~0ull, ~0ull - 30}) {
    expect_error("x: image 0 lies outside of the file", [&] { parse(file_of({at})); });
  }
  expect_error("lies outside", [] { parse(file_of({48, 5, 3, 0})); });
  expect_error("lies outside", [] { parse(file_of({48, 0xFFFFFFFF, 0xFFFFFFFF, 0})); });
  expect_error("has the label 1, there are 1 classes", [] { parse(file_of({48, 4, 3, 1})); });
  for (const std::uint64_t images : {2ull, 1ull << 40, ~0ull, ~0ull / 24}) {
    expect_error("x ", [&] { parse(file_of({}, images)); });
  }
  for (const std::uint32_t classes : {0u, 2u, 0xFFFFFFFFu}) {
    expect_error("x", [&] { parse(file_of({}, 1, classes)); });
  }
}

TEST(PackedImages, EveryCutAndEveryDamagedByteIsFound) {
  const std::string file = file_of({});
  for (std::size_t cut = 0; cut < file.size(); ++cut) {
    expect_error("x", [&] { parse(file.substr(0, cut)); });
  }
  expect_error("x", [&] { parse(file + "more"); });
  const std::size_t record = 48, index = record + kRecordBytes + 7;
  for (std::size_t i = 0; i < file.size(); ++i) {
    if (i >= record && i < index) continue;  // found when the image is read
    std::string damaged = file;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    expect_error("x", [&] { parse(damaged); });
  }
}

TEST(PackedImages, DamagedImagesAreFoundWhenTheyAreRead) {
  const TemporaryFolder folder;
  std::string file = file_of({});
  write_file(folder / "good", file);
  EXPECT_EQ(PackedImages(folder / "good").image(0), "jpeg");
  EXPECT_EQ(PackedImages(folder / "good").name(0), "a/b");
  file[48 + kRecordBytes + 5] = 'X';
  write_file(folder / "damaged", file);
  const PackedImages damaged(folder / "damaged");
  expect_error("image 0 is damaged", [&] { damaged.image(0); });
  EXPECT_THROW(damaged.image(1), std::out_of_range);
  EXPECT_EQ(PackedImages(folder / "damaged", /*verify=*/false).image(0), "jpXg");
  write_file(folder / "empty", "");
  expect_error("is no file of packed images", [&] { PackedImages images(folder / "empty"); });
  expect_error("cannot read", [&] { PackedImages images(folder / "none"); });
  expect_error("is no file", [&] { PackedImages images(folder.path()); });
}

}  // namespace
