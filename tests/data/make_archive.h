// Archives for tests, good ones and evil ones, written with libarchive.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tests {

struct Entry {
  std::string path;
  std::string content = {};
  enum Kind { kFile, kFolder, kSymlink, kHardlink, kDevice } kind = kFile;
  std::string target = {};  // of a link
  std::int64_t zeros = 0;   // a file of so many zero bytes instead of `content`
};

/// Writes a .tar.gz.
void make_tar_gz(const std::filesystem::path& path, const std::vector<Entry>& entries);

/// Writes `content` as an .xz file.
void make_xz(const std::filesystem::path& path, const std::string& content);

/// Returns `content` gzipped.
std::string gzip(const std::string& content);

}  // namespace tests
