// fetch(): sources in their order, verification, resume, and one rename at the end.
#include "common/data/fetch.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

#include "common/base/files.h"
#include "common/base/interrupt.h"
#include "tests/data/expect_error.h"
#include "tests/data/fetch_fixture.h"
#include "tests/data/make_archive.h"

namespace {
using namespace tests;

TEST(Fetch, GetsASetFromItsOfficialAddress) {
  Online online;
  EXPECT_EQ(data::fetch(online.fixture.set, online.fixture.options), online.fixture.result());
  online.fixture.expect_whole();
}

TEST(Fetch, ShowsTheLicenceBeforeTheFirstByte) {
  Online online;
  std::size_t asked = 99;
  online.fixture.options.say = [&](const std::string& line) {
    if (line.find("licence: free") != std::string::npos) asked = online.server.requests().size();
  };
  data::fetch(online.fixture.set, online.fixture.options);
  EXPECT_EQ(asked, 0u);
}

TEST(Fetch, LeavesAPresentSetAlone) {
  Online online;
  data::fetch(online.fixture.set, online.fixture.options);
  const std::size_t before = online.server.requests().size();
  data::fetch(online.fixture.set, online.fixture.options);
  EXPECT_EQ(online.server.requests().size(), before);
  online.fixture.options.force = true;
  data::fetch(online.fixture.set, online.fixture.options);
  EXPECT_GT(online.server.requests().size(), before);
  online.fixture.expect_whole();
}

TEST(Fetch, ShowsNoSetUntilAllOfItIsThere) {
  Online online;
  online.server.answer_with([&](const Request& request) {
    EXPECT_FALSE(fs::exists(online.fixture.result()));
    if (request.path.ends_with("b.txt")) return Reply{.status = 404};
    return official(online.fixture, request);
  });
  expect_error("b.txt is not there",
               [&] { data::fetch(online.fixture.set, online.fixture.options); });
  online.fixture.expect_absent();
}

TEST(Fetch, TakesUpWhatABrokenFetchLeft) {
  Online online;
  online.server.answer_with([&](const Request& request) {
    Reply reply = official(online.fixture, request);
    if (request.path.ends_with("a.bin")) reply.drop_after = 2000;
    return reply;
  });
  online.fixture.options.patience.retries = 0;
  expect_error("a.bin", [&] { data::fetch(online.fixture.set, online.fixture.options); });
  online.fixture.expect_absent();
  online.server.answer_with(
      [&](const Request& request) { return official(online.fixture, request); });
  data::fetch(online.fixture.set, online.fixture.options);
  EXPECT_EQ(online.server.requests()[1].range_start, 2000);
  online.fixture.expect_whole();
}

TEST(Fetch, ThrowsAwayAPartThatDoesNotFit) {
  Online online;
  online.fixture.put("data/.toy.partial/.a.bin.part", std::string(1000, 'X'));
  data::fetch(online.fixture.set, online.fixture.options);
  EXPECT_TRUE(online.fixture.was_said("loading it afresh"));
  online.fixture.expect_whole();
}

TEST(Fetch, RefusesAWrongFileOfTheRightSize) {
  Online online;
  online.server.answer_with([&](const Request& request) {
    Reply reply = official(online.fixture, request);
    if (!reply.body.empty()) reply.body[0] ^= 1;
    return reply;
  });
  expect_error("SHA-256 is", [&] { data::fetch(online.fixture.set, online.fixture.options); });
  online.fixture.expect_absent();
}

TEST(Fetch, StopsWhenAskedAndGoesOnLater) {
  Online online;
  online.fixture.options.stop = [&] { return !online.server.requests().empty(); };
  EXPECT_THROW(data::fetch(online.fixture.set, online.fixture.options), common::base::Interrupted);
  online.fixture.expect_absent();
  EXPECT_FALSE(fs::exists(online.fixture.folder / "data/.toy.lock"));
  online.fixture.options.stop = nullptr;
  data::fetch(online.fixture.set, online.fixture.options);
  online.fixture.expect_whole();
}

TEST(Fetch, TwoAtOnceShareOneDownload) {
  Online online;
  online.server.answer_with([&](const Request& request) {
    Reply reply = official(online.fixture, request);
    reply.wait_s = 0.05;
    return reply;
  });
  data::FetchOptions quiet = online.fixture.options;
  quiet.say = nullptr;
  std::thread other([&] { data::fetch(online.fixture.set, quiet); });
  data::fetch(online.fixture.set, quiet);
  other.join();
  EXPECT_EQ(online.server.requests().size(), 2u);
  online.fixture.expect_whole();
}

TEST(Fetch, UnpacksAnArchive) {
  Online online;
  Fixture& toy = online.fixture;
  std::vector<tests::Entry> entries = {{.path = "inner/readme.html", .content = "not wanted"}};
  for (const auto& [path, bytes] : toy.files) {
    entries.push_back({.path = "inner/" + path, .content = bytes});
  }
  online.serve_archive(entries);
  data::fetch(toy.set, toy.options);
  toy.expect_whole();
}

TEST(Fetch, TakesAllOfAnArchiveWhoseFilesAreNotListed) {
  Online online;
  Fixture& toy = online.fixture;
  online.serve_archive({{.path = "inner/a.bin", .content = "a"},
                        {.path = "inner/.hidden", .content = "no"},
                        {.path = "inner/odd name", .content = "no"},
                        {.path = "inner/fetched.json", .content = "no"},
                        {.path = "inner/sub/b.txt", .content = "bb"},
                        {.path = "beside.txt", .content = "no"}});
  toy.set.files.clear();
  fs::create_directories(toy.result());
  EXPECT_FALSE(data::is_present(toy.set, toy.options.data_dir)) << "who knows what is missing";
  data::fetch(toy.set, toy.options);
  EXPECT_EQ(read_file(toy.result() / "a.bin"), "a");
  EXPECT_EQ(read_file(toy.result() / "sub/b.txt"), "bb");
  EXPECT_EQ(Fixture::entries(toy.result()), 3);  // a.bin, sub, fetched.json
  EXPECT_TRUE(data::is_present(toy.set, toy.options.data_dir));
  toy.put("data/toy/sub/b.txt", "cc");
  EXPECT_EQ(data::verify(toy.set, toy.options.data_dir).size(), 1U);
  fs::remove(toy.result() / "sub/b.txt");
  EXPECT_FALSE(data::is_present(toy.set, toy.options.data_dir));

  toy.set.archive->folder = "another";
  toy.options.force = true;
  expect_error("holds no another", [&] { data::fetch(toy.set, toy.options); });
}

TEST(Fetch, SaysWhenAFileIsInTheWayOfTheFolder) {
  Fixture toy;
  toy.make_mirror();
  toy.put("data", "a file");
  expect_error("cannot make the folder", [&] { data::fetch(toy.set, toy.options); });
}

TEST(Fetch, VerifyNamesEveryFileThatChanged) {
  Fixture toy;
  toy.make_mirror();
  data::fetch(toy.set, toy.options);
  toy.put("data/toy/a.bin", std::string(5000, 'z'));
  EXPECT_TRUE(data::is_present(toy.set, toy.options.data_dir));  // sizes alone agree
  std::vector<std::string> wrong = data::verify(toy.set, toy.options.data_dir);
  ASSERT_EQ(wrong.size(), 1u);
  EXPECT_NE(wrong[0].find("a.bin: SHA-256 is"), std::string::npos);
  fs::remove(toy.result() / "sub/b.txt");
  EXPECT_FALSE(data::is_present(toy.set, toy.options.data_dir));
  EXPECT_EQ(data::verify(toy.set, toy.options.data_dir).size(), 2u);
}

TEST(Locate, SaysHowToGetASetThatIsAbsent) {
  const TemporaryFolder folder;
  ::unsetenv("DATA_MIRROR");
  expect_error("run ./dev data mnist (11.6 MB, licence: CC BY-SA",
               [&] { data::locate("mnist", folder.path()); });
  expect_error("did you mean mnist?", [&] { data::locate("mnits", folder.path()); });
}

TEST(Locate, NeverAsksAnAddress) {
  Online online;
  ::setenv("DATA_MIRROR", online.server.address().c_str(), 1);
  expect_error("run ./dev data mnist",
               [&] { data::locate("mnist", online.fixture.folder.path()); });
  ::unsetenv("DATA_MIRROR");
  EXPECT_TRUE(online.server.requests().empty());
}

}  // namespace
