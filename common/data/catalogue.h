// The catalogue of data sets: files, sizes, sums, licences and official addresses.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/data/checksum.h"

namespace common::data {

/// One file of a set, named relative to the set's folder.
struct SetFile {
  std::string path;
  std::uint64_t bytes = 0;
  Sums sums;                // the publisher's, those that are known
  std::string content_md5;  // of what a .gz file holds, which another compressor leaves equal
  std::string url;          // the official address; empty when the set's archive holds the file
};

/// An archive that unpacks to the files of a set.
struct SetArchive {
  std::string url;
  std::uint64_t bytes = 0;
  Sums sums;
  std::string folder;                // inside the archive; holds the files
  std::uint64_t unpacked_bytes = 0;  // at most
};

/// A data set.
struct DataSet {
  std::string name;  // also its folder's
  std::string title, licence, homepage;
  std::vector<SetFile> files;  // none: all that the archive's folder holds
  std::optional<SetArchive> archive;

  /// Returns what the official download weighs.
  std::uint64_t download_bytes() const;
};

/// All data sets of the course.
struct Catalogue {
  std::vector<DataSet> sets;

  /// Returns the set of that name.
  /// Errors: `Error` with the nearest name when there is none.
  const DataSet& find(const std::string& name) const;
};

/// Parses the JSON text of a catalogue; `name` stands for it in messages.
/// Errors: `Error` for unknown or missing keys, wrong types, names that are not plain, paths that
/// lead out of the set, sizes above 1 TB, sums that are no hexadecimal of their length, addresses
/// that are not http or https, and files that neither an address nor an archive provides.
Catalogue parse_catalogue(std::string_view text, const std::string& name);

/// Returns data/catalogue.json as it was when the library was built.
Catalogue built_in_catalogue();

/// Returns whether `path` is relative and made of plain names: letters, digits and . _ - + joined
/// by single slashes, none of them beginning with a dot, at most 255 characters in all.
bool is_plain_path(std::string_view path);

}  // namespace common::data
