// fetch() from a mirror: first asked, never trusted.
#include <gtest/gtest.h>

#include <string>

#include "tests/data/expect_error.h"
#include "tests/data/fetch_fixture.h"
#include "tests/data/make_archive.h"

namespace {
using namespace tests;

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

TEST(Fetch, AsksAMirrorForFilesThatSomebodyLists) {
  Fixture toy;
  toy.make_mirror();
  toy.set.archive = data::SetArchive{"http://127.0.0.1:1/toy.tar.gz", 1, {}, "inner", 1};
  toy.set.files.clear();
  expect_error("does not list the files of toy", [&] { data::fetch(toy.set, toy.options); });
  toy.expect_absent();
  toy.make_manifest(toy.files);
  data::fetch(toy.set, toy.options);
  toy.expect_whole();
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

}  // namespace
