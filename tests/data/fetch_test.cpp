// fetch(): sources in their order, verification, resume, and one rename at the end.
#include "common/data/fetch.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "common/base/files.h"
#include "common/base/interrupt.h"
#include "common/base/json.h"
#include "tests/data/expect_error.h"
#include "tests/data/http_server.h"
#include "tests/data/make_archive.h"
#include "tests/temporary_folder.h"

namespace {

namespace fs = std::filesystem;
namespace data = common::data;
using common::base::Json;
using common::base::read_file;
using common::base::write_file;
using tests::expect_error;
using tests::HttpServer;
using tests::Reply;
using tests::Request;
using tests::TemporaryFolder;

std::string sha256(const std::string& bytes) {
  const TemporaryFolder folder;
  write_file(folder / "x", bytes);
  return data::file_sums(folder / "x", {"", "", "wanted"}).sha256;
}

// A set of two files, "a.bin" and "sub/b.txt".
struct Fixture {
  TemporaryFolder folder;
  std::map<std::string, std::string> files = {{"a.bin", std::string(5000, 'a')},
                                              {"sub/b.txt", "hello\n"}};
  data::DataSet set;
  data::FetchOptions options;
  std::vector<std::string> said;

  explicit Fixture(const std::string& official = "http://127.0.0.1:1") {
    set.name = "toy";
    set.title = "A toy";
    set.licence = "free";
    set.homepage = "https://example.org";
    for (const auto& [path, bytes] : files) {
      set.files.push_back(
          {path, bytes.size(), {"", "", sha256(bytes)}, "", official + "/files/" + path});
    }
    options.data_dir = folder / "data";
    options.patience = {
        .connect_s = 2, .stall_s = 0.3, .min_bytes_per_s = 100, .retries = 2, .backoff_s = 0.01};
    options.say = [this](const std::string& line) { said.push_back(line); };
  }

  fs::path result() const { return folder / "data/toy"; }

  void put(const std::string& path, const std::string& bytes) const {
    fs::create_directories((folder / path).parent_path());
    write_file(folder / path, bytes);
  }

  // A mirror that is a folder, with the set's files as they are.
  void make_mirror() {
    for (const auto& [path, bytes] : files) put("mirror/toy/" + path, bytes);
    options.mirror = folder / "mirror";
    options.mirror_only = true;
  }

  void make_manifest(const std::map<std::string, std::string>& listed) const {
    Json list = Json::array();
    for (const auto& [path, bytes] : listed) {
      list.push_back({{"path", "toy/" + path}, {"bytes", bytes.size()}, {"sha256", sha256(bytes)}});
    }
    put("mirror/MANIFEST.json",
        Json{{"datasets", {{{"name", "toy"}, {"use", "tests"}, {"files", list}}}}}.dump());
  }

  // That the set is there, whole, and nothing else is.
  void expect_whole() const {
    for (const auto& [path, bytes] : files) EXPECT_EQ(read_file(result() / path), bytes) << path;
    EXPECT_TRUE(data::is_present(set, options.data_dir));
    EXPECT_EQ(data::verify(set, options.data_dir), std::vector<std::string>());
    EXPECT_EQ(entries(options.data_dir), 1);
    EXPECT_EQ(entries(result()), 3);  // a.bin, sub, fetched.json
  }

  void expect_absent() const {
    EXPECT_FALSE(fs::exists(result()));
    EXPECT_FALSE(data::is_present(set, options.data_dir));
  }

  bool was_said(const std::string& part) const {
    for (const std::string& line : said) {
      if (line.find(part) != std::string::npos) return true;
    }
    return false;
  }

  static int entries(const fs::path& path) {
    int count = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(path)) ++count;
    return count;
  }
};

// Answers /files/NAME and /toy/NAME with the fixture's files.
Reply official(const Fixture& toy, const Request& request) {
  const std::size_t second = request.path.find('/', 1);
  if (second == std::string::npos) return {.status = 404};
  const auto file = toy.files.find(request.path.substr(second + 1));
  return file == toy.files.end() ? Reply{.status = 404} : tests::serve(request, file->second);
}

// A server and the fixture that is fetched from it.
struct Online {
  HttpServer server{[](const Request&) { return Reply{.status = 404}; }};
  Fixture fixture{server.address()};
  Online() {
    server.answer_with([this](const Request& request) { return official(fixture, request); });
  }
};

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

TEST(Fetch, AsksTheMirrorFirst) {
  Fixture toy;
  toy.make_mirror();
  toy.options.mirror_only = false;
  data::fetch(toy.set, toy.options);
  toy.expect_whole();
}

TEST(Fetch, AsksTheOfficialAddressWhenTheMirrorFails) {
  Online online;
  online.fixture.options.mirror = online.fixture.folder / "nowhere";
  data::fetch(online.fixture.set, online.fixture.options);
  EXPECT_TRUE(online.fixture.was_said("asking the official address"));
  online.fixture.expect_whole();
}

TEST(Fetch, NeverLeavesTheMirrorWhenTold) {
  Online online;
  online.fixture.options.mirror = online.fixture.folder / "nowhere";
  online.fixture.options.mirror_only = true;
  expect_error("has no folder toy",
               [&] { data::fetch(online.fixture.set, online.fixture.options); });
  EXPECT_TRUE(online.server.requests().empty());
}

TEST(Fetch, TakesXzFilesFromAFolder) {
  Fixture toy;
  toy.make_mirror();
  tests::make_xz(toy.folder / "mirror/toy/a.bin.xz", toy.files["a.bin"]);
  fs::remove(toy.folder / "mirror/toy/a.bin");
  data::fetch(toy.set, toy.options);
  toy.expect_whole();
}

TEST(Fetch, TakesXzFilesFromAnAddress) {
  Online online;
  tests::make_xz(online.fixture.folder / "x", online.fixture.files["a.bin"]);
  const std::string packed = read_file(online.fixture.folder / "x");
  online.server.answer_with([&](const Request& request) {
    if (request.path == "/toy/a.bin") return Reply{.status = 404};
    if (request.path == "/toy/a.bin.xz") return tests::serve(request, packed);
    return official(online.fixture, request);
  });
  online.fixture.options.mirror = online.server.address() + "/";
  online.fixture.options.mirror_only = true;
  data::fetch(online.fixture.set, online.fixture.options);
  online.fixture.expect_whole();
}

TEST(Fetch, RefusesADamagedXzFile) {
  Fixture toy;
  toy.make_mirror();
  fs::remove(toy.folder / "mirror/toy/a.bin");
  tests::make_xz(toy.folder / "mirror/toy/a.bin.xz", toy.files["a.bin"]);
  const std::string packed = read_file(toy.folder / "mirror/toy/a.bin.xz");
  toy.put("mirror/toy/a.bin.xz", packed.substr(0, packed.size() / 2));
  expect_error("a.bin.xz", [&] { data::fetch(toy.set, toy.options); });
  toy.expect_absent();
}

TEST(Fetch, RefusesAnXzFileThatHoldsTooMuch) {
  Fixture toy;
  toy.make_mirror();
  fs::remove(toy.folder / "mirror/toy/a.bin");
  tests::make_xz(toy.folder / "mirror/toy/a.bin.xz", std::string(2'000'000, 'a'));
  expect_error("holds more than it may", [&] { data::fetch(toy.set, toy.options); });
  toy.expect_absent();
}

TEST(Fetch, RefusesAMirrorsFileThatIsNotThePublishers) {
  Fixture toy;
  toy.make_mirror();
  toy.put("mirror/toy/a.bin", std::string(5000, 'b'));
  expect_error("not the expected file", [&] { data::fetch(toy.set, toy.options); });
  toy.expect_absent();
}

TEST(Fetch, VerifiesAgainstTheMirrorsManifestAndTellsTheDifference) {
  Fixture toy;
  toy.make_mirror();
  toy.files["a.bin"] = std::string(4990, 'b');
  toy.put("mirror/toy/a.bin", toy.files["a.bin"]);
  toy.make_manifest(toy.files);
  data::fetch(toy.set, toy.options);
  EXPECT_TRUE(toy.was_said("a.bin differs from the publisher's sums"));
  EXPECT_FALSE(toy.was_said("b.txt"));
  toy.expect_whole();  // the record knows what was fetched
}

TEST(Fetch, RefusesWhatIsNotInTheMirrorsManifest) {
  Fixture toy;
  toy.make_mirror();
  toy.make_manifest(toy.files);
  toy.put("mirror/toy/a.bin", std::string(5000, 'b'));
  expect_error("not the expected file", [&] { data::fetch(toy.set, toy.options); });
  toy.expect_absent();
}

TEST(Fetch, TellsThatAFileWasOnlyCompressedAgain) {
  Fixture toy;
  const std::string content = "the content";
  toy.set.files.push_back({"c.gz", 17, {"", "", std::string(64, '0')}, "", "http://127.0.0.1:1"});
  write_file(toy.folder / "content", content);
  toy.set.files.back().content_md5 = data::file_sums(toy.folder / "content", {"x", "", ""}).md5;
  toy.files["c.gz"] = tests::gzip(content);
  toy.make_mirror();
  toy.make_manifest(toy.files);
  data::fetch(toy.set, toy.options);
  EXPECT_TRUE(toy.was_said("c.gz was compressed again"));
}

TEST(Fetch, TakesAlongWhatOnlyTheManifestLists) {
  Fixture toy;
  toy.make_mirror();
  auto listed = toy.files;
  listed["notes.csv"] = "1,2\n";
  toy.put("mirror/toy/notes.csv", "1,2\n");
  toy.put("mirror/toy/unlisted.csv", "3,4\n");
  toy.make_manifest(listed);
  data::fetch(toy.set, toy.options);
  EXPECT_EQ(read_file(toy.result() / "notes.csv"), "1,2\n");
  EXPECT_FALSE(fs::exists(toy.result() / "unlisted.csv"));
}

TEST(Fetch, RefusesAManifestThatLeadsOutOfTheSet) {
  Fixture toy;
  toy.make_mirror();
  auto listed = toy.files;
  listed["../../escape"] = "x";
  toy.make_manifest(listed);
  expect_error("wanted a plain path", [&] { data::fetch(toy.set, toy.options); });
  toy.expect_absent();
}

TEST(Fetch, RefusesAMirrorThatIsNeitherFolderNorHttp) {
  Fixture toy;
  toy.options.mirror = "ftp://example.org/data";
  toy.options.mirror_only = true;
  expect_error("wanted a folder or an http", [&] { data::fetch(toy.set, toy.options); });
}

TEST(Fetch, UnpacksAnArchive) {
  Online online;
  Fixture& toy = online.fixture;
  std::vector<tests::Entry> entries = {{.path = "inner/readme.html", .content = "not wanted"}};
  for (const auto& [path, bytes] : toy.files) {
    entries.push_back({.path = "inner/" + path, .content = bytes});
  }
  tests::make_tar_gz(toy.folder / "toy.tar.gz", entries);
  const std::string packed = read_file(toy.folder / "toy.tar.gz");
  toy.set.archive = data::SetArchive{online.server.address() + "/toy.tar.gz",
                                     packed.size(),
                                     {"", "", sha256(packed)},
                                     "inner",
                                     100'000};
  online.server.answer_with([&](const Request& request) { return tests::serve(request, packed); });
  data::fetch(toy.set, toy.options);
  toy.expect_whole();
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
