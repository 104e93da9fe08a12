// A small set that tests fetch, from a server or a mirror of their own.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "common/base/files.h"
#include "common/base/json.h"
#include "common/data/fetch.h"
#include "tests/data/http_server.h"
#include "tests/data/make_archive.h"
#include "tests/temporary_folder.h"

namespace tests {
namespace fs = std::filesystem;
namespace data = common::data;
using common::base::Json;
using common::base::read_file;
using common::base::write_file;

inline std::string sha256(const std::string& bytes) {
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
inline Reply official(const Fixture& toy, const Request& request) {
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

  // From now on the set is the folder "inner" of an archive that holds `entries`.
  void serve_archive(const std::vector<Entry>& entries) {
    make_tar_gz(fixture.folder / "toy.tar.gz", entries);
    const std::string packed = read_file(fixture.folder / "toy.tar.gz");
    fixture.set.archive = data::SetArchive{server.address() + "/toy.tar.gz",
                                           packed.size(),
                                           {"", "", sha256(packed)},
                                           "inner",
                                           100'000};
    server.answer_with([packed](const Request& request) { return serve(request, packed); });
  }
};

}  // namespace tests
