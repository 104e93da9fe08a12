// The catalogue and the manifest of a mirror: what is taken, and what is refused.
#include "common/data/catalogue.h"

#include <gtest/gtest.h>

#include <string>

#include "common/base/files.h"
#include "common/base/json.h"
#include "common/data/manifest.h"
#include "tests/data/expect_error.h"
#include "tests/temporary_folder.h"

namespace {

using common::base::Json;
using common::data::built_in_catalogue;
using common::data::Catalogue;
using common::data::is_plain_path;
using common::data::parse_catalogue;
using common::data::parse_manifest;
using tests::expect_error;

Json good() {
  return Json::parse(R"({"sets": [{
    "name": "toy", "title": "A toy", "licence": "free", "homepage": "https://example.org",
    "files": [{"path": "a/b.gz", "bytes": 5, "md5": "0123456789abcdef0123456789abcdef",
               "content_md5": "0123456789abcdef0123456789abcdef",
               "url": "https://example.org/b.gz"}]}]})");
}

Json good_archive() {
  Json json = good();
  Json& set = json["sets"][0];
  set["files"][0].erase("url");
  set["archive"] = {{"url", "https://example.org/a.tar.gz"},
                    {"bytes", 7},
                    {"sha1", std::string(40, '0')},
                    {"folder", "inner"},
                    {"unpacked_bytes", 100}};
  return json;
}

void expect_refused(const std::string& why, const Json& json) {
  expect_error(why, [&] { parse_catalogue(json.dump(), "c.json"); });
}

TEST(Catalogue, ReadsASet) {
  const Catalogue catalogue = parse_catalogue(good().dump(), "c.json");
  ASSERT_EQ(catalogue.sets.size(), 1u);
  const auto& file = catalogue.find("toy").files.at(0);
  EXPECT_EQ(file.path, "a/b.gz");
  EXPECT_EQ(file.bytes, 5u);
  EXPECT_EQ(file.sums.md5, "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(file.url, "https://example.org/b.gz");
  EXPECT_EQ(catalogue.sets[0].download_bytes(), 5u);
  EXPECT_EQ(parse_catalogue(good_archive().dump(), "c").sets[0].download_bytes(), 7u);
}

TEST(Catalogue, RefusesUnknownAndMissingKeys) {
  Json json = good();
  json["sets"][0]["files"][0]["sise"] = 5;
  expect_refused("c.json, set 1, file 1: unknown key \"sise\"", json);
  json = good();
  json["sets"][0].erase("licence");
  expect_refused("set 1: the key \"licence\" is missing", json);
  json = good();
  json["more"] = 1;
  expect_refused("unknown key \"more\"", json);
  json = good_archive();
  json["sets"][0]["files"][0]["url"] = "https://example.org/twice";
  expect_refused("unknown key \"url\"", json);
}

TEST(Catalogue, RefusesWrongTypes) {
  for (const Json& wrong :
       {Json(-1), Json(0), Json(1.5), Json("5"), Json(), Json::array(), Json(2'000'000'000'000)}) {
    Json json = good();
    json["sets"][0]["files"][0]["bytes"] = wrong;
    expect_refused("bytes: wanted a whole number", json);
  }
  Json json = good();
  json["sets"][0]["title"] = 5;
  expect_refused("title: wanted a text", json);
  json = good();
  json["sets"][0]["title"] = "two\nlines";
  expect_refused("wanted one line", json);
  json = good();
  json["sets"][0]["files"] = Json::object();
  expect_refused("files: wanted a list", json);
  expect_refused("wanted an object, found array", Json::array());
  json = good();
  json["sets"][0].erase("files");
  expect_refused("\"files\" is missing", json);
  json = good_archive();  // which may be taken as a whole
  json["sets"][0].erase("files");
  EXPECT_TRUE(parse_catalogue(json.dump(), "c").sets[0].files.empty());
}

TEST(Catalogue, RefusesPathsThatAreNotPlain) {
  for (const char* path : {"../a", "/a", "a/../b", "a//b", "a/", ".hidden", "a/.b", "a b", "a\\b",
                           "a\tb", "C:a", "\xc3\xa9"}) {
    Json json = good();
    json["sets"][0]["files"][0]["path"] = path;
    expect_refused("path: wanted", json);
    EXPECT_FALSE(is_plain_path(path)) << path;
  }
  EXPECT_TRUE(is_plain_path("a-1/b_2.tar.gz"));
  EXPECT_FALSE(is_plain_path(""));
  EXPECT_FALSE(is_plain_path(std::string(256, 'a')));
}

TEST(Catalogue, RefusesSumsAndAddressesOfAnotherForm) {
  for (const char* sum : {"0123", "0123456789ABCDEF0123456789ABCDEF", ""}) {
    Json json = good();
    json["sets"][0]["files"][0]["md5"] = sum;
    expect_refused("md5: wanted", json);
  }
  for (const char* url :
       {"ftp://example.org/a", "file:///etc/passwd", "example.org/a", "https://a b"}) {
    Json json = good();
    json["sets"][0]["files"][0]["url"] = url;
    expect_refused("url: ", json);
  }
  Json json = good();
  json["sets"][0]["files"][0].erase("md5");
  expect_refused("needs a sum", json);
  json = good_archive();
  json["sets"][0]["archive"].erase("sha1");
  expect_refused("needs a sum", json);
}

TEST(Catalogue, RefusesWhatIsListedTwice) {
  Json json = good();
  json["sets"].push_back(json["sets"][0]);
  expect_refused("the set toy is listed twice", json);
  json = good();
  json["sets"][0]["files"].push_back(json["sets"][0]["files"][0]);
  expect_refused("a/b.gz is listed twice", json);
  json["sets"][0]["files"][1]["path"] = "a/b.gz/c.gz";
  expect_refused("both a file and a folder", json);
  expect_error("twice", [] { parse_catalogue(R"({"sets": [], "sets": []})", "c"); });
}

TEST(Catalogue, OfTheCourseUsesHttpsAndNamesEveryLicence) {
  const Catalogue catalogue = built_in_catalogue();
  for (const char* name : {"mnist", "tabular", "cifar-10-batches-bin", "imagenette2-160"}) {
    catalogue.find(name);
  }
  for (const auto& set : catalogue.sets) {
    EXPECT_TRUE(set.homepage.starts_with("https://")) << set.name;
    EXPECT_TRUE(!set.archive || set.archive->url.starts_with("https://")) << set.name;
    for (const auto& file : set.files) {
      EXPECT_TRUE(set.archive || file.url.starts_with("https://")) << file.path;
    }
  }
}

TEST(Catalogue, BuiltInIsTheOneOfTheTree) {
  const Catalogue tree = parse_catalogue(
      common::base::read_file(COURSE_SOURCE_DIR "/data/catalogue.json"), "data/catalogue.json");
  const Catalogue built_in = built_in_catalogue();
  ASSERT_EQ(tree.sets.size(), built_in.sets.size());
  for (std::size_t i = 0; i < tree.sets.size(); ++i) {
    EXPECT_EQ(tree.sets[i].name, built_in.sets[i].name);
    EXPECT_EQ(tree.sets[i].download_bytes(), built_in.sets[i].download_bytes());
  }
}

TEST(Manifest, ReadsTheFilesOfASet) {
  const std::string sum(64, 'a');
  const std::string text = R"({"datasets": [{"name": "other", "files": [{"path": "../odd"}]},
      {"name": "toy", "use": "x", "files": [
       {"path": "toy/a.bin", "bytes": 3, "sha256": ")" +
                           sum + R"(", "stored_as": "toy/a.bin.xz"}]}]})";
  const auto files = parse_manifest(text, "m", "toy");
  ASSERT_TRUE(files.has_value());
  ASSERT_EQ(files->size(), 1u);
  EXPECT_EQ(files->at(0).path, "a.bin");
  EXPECT_EQ(files->at(0).bytes, 3u);
  EXPECT_EQ(files->at(0).sums.sha256, sum);
  EXPECT_FALSE(parse_manifest(text, "m", "none").has_value());
  expect_error("wanted a plain path in other/, found ../odd",
               [&] { parse_manifest(text, "m", "other"); });
}

TEST(Manifest, RefusesAnotherForm) {
  for (const char* text : {"[]", "{}", R"({"datasets": 1})", R"({"datasets": [1]})",
                           R"({"datasets": [{"name": 1}]})", R"({"datasets": [{"name": "toy"}]})",
                           R"({"datasets": [{"name": "toy", "files": [{"path": "toy/a",
                               "bytes": -1, "sha256": "x"}]}]})",
                           R"({"datasets": [{"name": "toy", "files": [{"path": "toy/a",
                               "bytes": 1, "sha256": "x"}]}]})"}) {
    expect_error("m", [&] { parse_manifest(text, "m", "toy"); });
  }
}

TEST(Checksum, AgreesWithKnownSums) {
  const tests::TemporaryFolder folder;
  common::base::write_file(folder / "abc", "abc");  // the examples of RFC 1321 and FIPS 180-2
  const auto sums = common::data::file_sums(folder / "abc", {"x", "x", "x"});
  EXPECT_EQ(sums.md5, "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(sums.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(sums.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(common::data::file_sums(folder / "abc", {"", "x", ""}).md5, "");
  EXPECT_EQ(common::data::difference(sums, sums), "");
  EXPECT_EQ(common::data::difference(sums, {"", "f00", ""}),
            "SHA-1 is a9993e364706816aba3e25717850c26c9cd0d89d, expected f00");
}

}  // namespace
