// Folders of images: order, links, odd names, limits, and finding the files that are broken.
#include "common/data/image_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/data/expect_error.h"
#include "tests/data/make_jpeg.h"
#include "tests/temporary_folder.h"

namespace {
namespace fs = std::filesystem;
using common::data::BadImage;
using common::data::check_images;
using common::data::CheckOptions;
using common::data::drop_bad;
using common::data::FolderLimits;
using common::data::ImageFolder;
using common::data::OnBad;
using common::data::scan_image_folder;
using tests::expect_error;
using tests::make_jpeg;
using tests::TemporaryFolder;

void put(const TemporaryFolder& root, const std::string& path, const std::string& bytes = "x") {
  fs::create_directories((root / path).parent_path());
  std::ofstream(root / path, std::ios::binary) << bytes;  // whose name may be as long as may be
}

std::vector<std::string> paths_of(const ImageFolder& folder) {
  std::vector<std::string> paths;
  for (const auto& sample : folder.samples) paths.push_back(sample.path);
  return paths;
}

using Paths = std::vector<std::string>;

TEST(ImageFolder, ClassesAndFilesAreSorted) {
  const TemporaryFolder root;
  for (const char* path : {"b/2.jpg", "b/10.jpg", "a/x.JPEG", "a/y.jpeg", "B/z.JPG",
                           "a/deep/er/w.jpg", "a/deep er.jpg"}) {
    put(root, path);
  }
  put(root, "b/three.jpg", "abc");
  put(root, "b/notes.txt");
  put(root, "b/picture.png");
  put(root, "readme.jpg");  // no class
  put(root, ".hidden/1.jpg");
  const ImageFolder folder = scan_image_folder(root.path());
  EXPECT_EQ(folder.classes, (Paths{"B", "a", "b"}));
  EXPECT_EQ(paths_of(folder), (Paths{"B/z.JPG", "a/deep er.jpg", "a/deep/er/w.jpg", "a/x.JPEG",
                                     "a/y.jpeg", "b/10.jpg", "b/2.jpg", "b/three.jpg"}));
  EXPECT_EQ(folder.samples[0].label, 0);
  EXPECT_EQ(folder.samples[4].label, 1);
  EXPECT_EQ(folder.samples[7].label, 2);
  EXPECT_EQ(folder.samples[7].bytes, 3u);
  EXPECT_EQ(folder.others, 2);
  EXPECT_TRUE(folder.bad.empty());
}

TEST(ImageFolder, TakesOddNames) {
  const TemporaryFolder root;
  const std::string longest(251, 'n');
  const Paths names = {
      " a b/ .jpg",        "new\nline/c\td\n.jpg", "\xC3\xBC\xE2\x82\xAC/\xE7\x8C\xAB.jpg",
      "\xFF\xFE/\x80.jpg", "quote\"'\\/$(x).jpg",  "z/" + longest + ".jpg",
      "z/..jpg.jpg"};
  for (const auto& name : names) put(root, name, make_jpeg());
  const ImageFolder folder = scan_image_folder(root.path());
  EXPECT_EQ(folder.samples.size(), names.size());
  for (const auto& name : names) {
    const Paths found = paths_of(folder);
    EXPECT_EQ(std::count(found.begin(), found.end(), name), 1) << name;
  }
  CheckOptions options;
  options.decode = true;
  EXPECT_TRUE(check_images(folder, options).empty());
}

TEST(ImageFolder, FollowsLinksAndEndsLoops) {
  const TemporaryFolder root, elsewhere;
  put(root, "a/1.jpg");
  put(elsewhere, "far/2.jpg");
  fs::create_symlink(root / "a/1.jpg", root / "a/link.jpg");
  fs::create_directory_symlink(elsewhere / "far", root / "b");      // a class
  fs::create_directory_symlink(elsewhere / "far", root / "a/sub");  // within a class
  fs::create_directory_symlink(root / "a", root / "a/loop");        // to itself
  fs::create_directory_symlink(root.path(), elsewhere / "far/up");  // and around
  fs::create_symlink(root / "nowhere", root / "a/lost.jpg");
  fs::create_symlink(root / "a/self.jpg", root / "a/self.jpg");
  const ImageFolder folder = scan_image_folder(root.path());
  const Paths paths = paths_of(folder);
  for (const char* wanted : {"a/1.jpg", "a/link.jpg", "a/sub/2.jpg", "b/2.jpg"}) {
    EXPECT_EQ(std::count(paths.begin(), paths.end(), wanted), 1) << wanted;
  }
  for (const auto& path : paths) EXPECT_EQ(path.find("a/loop/"), std::string::npos) << path;
  ASSERT_GE(folder.bad.size(), 2u);
  EXPECT_EQ(folder.bad[0].path, "a/lost.jpg");
  EXPECT_EQ(folder.bad[0].reason, "cannot be read: No such file or directory");
  EXPECT_EQ(folder.bad[1].path, "a/self.jpg");
}

TEST(ImageFolder, NamesWhatIsNoFile) {
  const TemporaryFolder root;
  put(root, "a/1.jpg");
  put(root, "a/empty.jpg", "");
  put(root, "a/big.jpg", std::string(100, 'x'));
  put(root, "a/folder.jpg/2.jpg");
  ASSERT_EQ(::mkfifo((root / "a/pipe.jpg").c_str(), 0600), 0);  // reading it would never end
  FolderLimits limits;
  limits.most_bytes = 99;
  const ImageFolder folder = scan_image_folder(root.path(), limits);
  EXPECT_EQ(paths_of(folder), (Paths{"a/1.jpg", "a/folder.jpg/2.jpg"}));
  ASSERT_EQ(folder.bad.size(), 3u);
  EXPECT_EQ(folder.bad[0].reason, "has 100 bytes, more than the limit of 99 bytes");
  EXPECT_EQ(folder.bad[1].reason, "is empty");
  EXPECT_EQ(folder.bad[2].reason, "is no file");
}

TEST(ImageFolder, SaysWhatWasWanted) {
  const TemporaryFolder root;
  const auto scan = [&] { scan_image_folder(root.path()); };
  expect_error("there is no folder", [&] { scan_image_folder(root / "none"); });
  put(root, "loose.jpg");
  expect_error("there is no folder", [&] { scan_image_folder(root / "loose.jpg"); });
  expect_error("has no folders: wanted one for each class", scan);
  fs::create_directory(root / "cat");
  expect_error("the class \"cat\"", scan);
  expect_error("wanted files that end in .jpg or .jpeg, found none", scan);
  put(root, "cat/1.png");
  expect_error("found only such as \"1.png\"", scan);
  put(root, "cat/1.jpg");
  EXPECT_EQ(scan_image_folder(root.path()).samples.size(), 1u);
}

TEST(ImageFolder, StopsAtItsLimits) {
  const TemporaryFolder root;
  put(root, "a/1.jpg");
  put(root, "b/1.jpg");
  put(root, "b/c/d/2.jpg");
  FolderLimits limits;
  limits.most_classes = 1;
  expect_error("has 2 folders, the limit of classes is 1",
               [&] { scan_image_folder(root.path(), limits); });
  limits = {};
  limits.most_files = 4;
  expect_error("holds more than 4 files", [&] { scan_image_folder(root.path(), limits); });
  limits = {};
  limits.most_depth = 1;
  expect_error("lies deeper than 1 folders", [&] { scan_image_folder(root.path(), limits); });
}

// A good image of each kind, and a bad one of each.
void put_good_and_bad(const TemporaryFolder& root) {
  const std::string good = make_jpeg({.width = 60, .height = 60});
  put(root, "a/good.jpg", good);
  put(root, "a/grey.jpg", make_jpeg({.components = 1}));
  put(root, "a/ink.jpg", make_jpeg({.components = 4}));
  put(root, "b/progressive.jpg", make_jpeg({.progressive = true}));
  put(root, "b/cut.jpg", good.substr(0, good.size() / 2));
  put(root, "b/cut_header.jpg", good.substr(0, 100));
  put(root, "b/empty.jpg", "");
  put(root, "b/text.jpg", "hello");
  std::string huge = good;
  const std::size_t size_at = tests::frame_at(good) + 5;
  for (std::size_t i = 0; i < 4; ++i) huge[size_at + i] = i % 2 == 0 ? '\xFF' : '\x00';
  put(root, "b/huge.jpg", huge);
}

TEST(CheckImages, FindsAndNamesEveryBadFile) {
  const TemporaryFolder root;
  put_good_and_bad(root);
  ImageFolder folder = scan_image_folder(root.path());
  CheckOptions options;
  options.workers = 3;
  const auto names = [](const std::vector<BadImage>& bad) {
    Paths paths;
    for (const auto& image : bad) paths.push_back(image.path);
    return paths;
  };
  EXPECT_EQ(names(check_images(folder, options)),
            (Paths{"b/cut_header.jpg", "b/huge.jpg", "b/text.jpg"}));
  options.decode = true;
  const auto bad = check_images(folder, options);
  EXPECT_EQ(names(bad), (Paths{"b/cut.jpg", "b/cut_header.jpg", "b/huge.jpg", "b/text.jpg"}));
  EXPECT_NE(bad[0].reason.find("Premature end"), std::string::npos) << bad[0].reason;
  EXPECT_NE(bad[2].reason.find("65280 x 65280 pixels"), std::string::npos) << bad[2].reason;
  ImageFolder copy = folder;
  drop_bad(copy, bad, OnBad::kSkip);
  EXPECT_EQ(paths_of(copy), (Paths{"a/good.jpg", "a/grey.jpg", "a/ink.jpg", "b/progressive.jpg"}));
  EXPECT_EQ(names(copy.bad),
            (Paths{"b/empty.jpg", "b/cut.jpg", "b/cut_header.jpg", "b/huge.jpg", "b/text.jpg"}));
  expect_error("5 of 9 images in ", [&] { drop_bad(folder, bad, OnBad::kRefuse); });
  expect_error("\"b/empty.jpg\" (is empty), \"b/cut.jpg\" (Premature",
               [&] { drop_bad(copy, {}, OnBad::kRefuse); });
  expect_error(" and 2 more; mend or remove them", [&] { drop_bad(copy, {}, OnBad::kRefuse); });
}

TEST(CheckImages, AClassMayNotLoseAllItsImages) {
  const TemporaryFolder root;
  put(root, "a/1.jpg", make_jpeg());
  put(root, "b/1.jpg", "bad");
  ImageFolder folder = scan_image_folder(root.path());
  expect_error("the class \"b\" has no image that can be read",
               [&] { drop_bad(folder, check_images(folder), OnBad::kSkip); });
}

TEST(CheckImages, ReadsWhatLiesBeyondTheFirstBlock) {
  const TemporaryFolder root;
  put(root, "a", std::string(200'000, 'q') + "end");
  std::string buffer = "left from before";
  EXPECT_EQ(common::data::read_image_file(root / "a", buffer), std::string(200'000, 'q') + "end");
  put(root, "b", "short");
  EXPECT_EQ(common::data::read_image_file(root / "b", buffer), "short");
  expect_error("is larger than 4 bytes",
               [&] { common::data::read_image_file(root / "b", buffer, 4); });
  expect_error("cannot read", [&] { common::data::read_image_file(root / "none", buffer); });
}

}  // namespace
