// unpack(): good archives, and every way that an evil one can harm.
#include "common/data/unpack.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "common/base/files.h"
#include "tests/data/expect_error.h"
#include "tests/data/make_archive.h"
#include "tests/temporary_folder.h"

namespace {

namespace fs = std::filesystem;
using common::base::read_file;
using common::base::write_file;
using common::data::unpack;
using common::data::unpack_xz;
using common::data::UnpackLimits;
using tests::Entry;
using tests::expect_error;
using tests::TemporaryFolder;

// Unpacks `entries` into folder/out, beside which nothing may appear.
void unpack_entries(const TemporaryFolder& folder, const std::vector<Entry>& entries,
                    const UnpackLimits& limits = {}) {
  tests::make_tar_gz(folder / "a.tar.gz", entries);
  unpack(folder / "a.tar.gz", folder / "out", limits);
}

void expect_refused(const std::string& why, const std::vector<Entry>& entries,
                    const UnpackLimits& limits = {}) {
  const TemporaryFolder folder;
  write_file(folder / "victim", "untouched");
  expect_error(why, [&] { unpack_entries(folder, entries, limits); });
  EXPECT_EQ(read_file(folder / "victim"), "untouched");
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    const std::string name = entry.path().filename();
    EXPECT_TRUE(name == "victim" || name == "out" || name == "a.tar.gz") << name;
  }
}

TEST(Unpack, KeepsFilesAndFolders) {
  const TemporaryFolder folder;
  unpack_entries(folder, {{.path = "./top/", .kind = Entry::kFolder},
                          {.path = "./top/a.txt", .content = "hello"},
                          {.path = "deep/er/b.bin", .content = std::string("\0\1\2", 3)},
                          {.path = "empty"}});
  EXPECT_EQ(read_file(folder / "out/top/a.txt"), "hello");
  EXPECT_EQ(read_file(folder / "out/deep/er/b.bin"), std::string("\0\1\2", 3));
  EXPECT_EQ(read_file(folder / "out/empty"), "");
}

TEST(Unpack, RefusesPathsThatLeadOut) {
  expect_refused("a path with \"..\"", {{.path = "../victim", .content = "evil"}});
  expect_refused("a path with \"..\"", {{.path = "a/../../victim", .content = "evil"}});
  expect_refused("a path with \"..\"", {{.path = "a/..", .kind = Entry::kFolder}});
  expect_refused("an absolute path", {{.path = "/tmp/course-victim", .content = "evil"}});
  expect_refused("a backslash", {{.path = "..\\victim", .content = "evil"}});
  expect_refused("control characters", {{.path = "a\nb", .content = "evil"}});
}

TEST(Unpack, RefusesLinksAndDevices) {
  const std::string why = "neither a file nor a folder";
  expect_refused(why, {{.path = "l", .kind = Entry::kSymlink, .target = "../victim"},
                       {.path = "l", .content = "evil"}});
  expect_refused(why, {{.path = "l", .kind = Entry::kSymlink, .target = ".."},
                       {.path = "l/victim", .content = "evil"}});
  expect_refused(why, {{.path = "l", .kind = Entry::kHardlink, .target = "../victim"}});
  expect_refused(why, {{.path = "null", .kind = Entry::kDevice}});
}

TEST(Unpack, RefusesBombs) {
  expect_refused("holds more than it may", {{.path = "zeros", .zeros = 4 << 20}},
                 {.entries = 10, .bytes = 1 << 20});
  std::vector<Entry> many(11);
  for (std::size_t i = 0; i < many.size(); ++i) many[i].path = "f" + std::to_string(i);
  expect_refused("more than 10 entries", many, {.entries = 10, .bytes = 1 << 20});
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += "d/";
  expect_refused("more than 32 folders", {{.path = deep + "f"}});
  expect_refused("more than 1000 bytes", {{.path = std::string(1001, 'n')}});
}

TEST(Unpack, RefusesANameTwice) {
  expect_refused("cannot write", {{.path = "a", .content = "1"}, {.path = "a", .content = "2"}});
  expect_refused("cannot make the folder",
                 {{.path = "a", .content = "1"}, {.path = "a/b", .content = "2"}});
}

TEST(Unpack, RefusesDamage) {
  const TemporaryFolder folder;
  tests::make_tar_gz(folder / "good", {{.path = "a", .content = std::string(100'000, 'x')}});
  const std::string good = read_file(folder / "good");
  write_file(folder / "cut", good.substr(0, good.size() / 2));
  expect_error("damaged or no archive", [&] { unpack(folder / "cut", folder / "out1", {}); });
  write_file(folder / "text", "this is no archive");
  expect_error("damaged or no archive", [&] { unpack(folder / "text", folder / "out2", {}); });
  expect_error("damaged or no archive", [&] { unpack(folder / "none", folder / "out3", {}); });
}

TEST(UnpackXz, GivesTheFileInside) {
  const TemporaryFolder folder;
  const std::string content(200'000, 'x');
  tests::make_xz(folder / "a.xz", content);
  unpack_xz(folder / "a.xz", folder / "a", content.size());
  EXPECT_EQ(read_file(folder / "a"), content);
}

TEST(UnpackXz, RefusesDamageAndBombs) {
  const TemporaryFolder folder;
  tests::make_xz(folder / "a.xz", std::string(1'000'000, 'x'));
  expect_error("holds more than it may",
               [&] { unpack_xz(folder / "a.xz", folder / "a", 100'000); });
  std::string packed = read_file(folder / "a.xz");
  packed[packed.size() / 2] ^= 0x40;
  write_file(folder / "b.xz", packed);
  expect_error("damaged", [&] { unpack_xz(folder / "b.xz", folder / "b", 1'000'000); });
  write_file(folder / "c.xz", tests::gzip("not xz"));
  expect_error("c.xz is no .xz file", [&] { unpack_xz(folder / "c.xz", folder / "c", 100); });
  for (const char* name : {"a", "b", "c"}) EXPECT_FALSE(fs::exists(folder / name));
}

}  // namespace
