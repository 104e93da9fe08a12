// Getting a data set into place: from a mirror or its official address, verified, all or nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "common/data/catalogue.h"
#include "common/data/download.h"

namespace common::data {

/// How far one file is. `total_bytes` is 0 where it is not known.
struct FetchProgress {
  std::string file;
  std::uint64_t done_bytes = 0, total_bytes = 0;
};

/// Where a set comes from, where it goes, and who is told.
struct FetchOptions {
  std::filesystem::path data_dir;  // the set comes to data_dir/NAME
  std::string mirror;              // a folder or an http(s) address laid out by set name; or empty
  bool mirror_only = false;        // never ask the official address
  bool force = false;              // fetch anew although the set is present
  Patience patience;
  std::function<void(const FetchProgress&)> progress;
  std::function<void(const std::string&)> say;  // one line: licence, source, differences, retries
  std::function<bool()> stop;  // asked often; true ends with base::Interrupted, to be resumed
};

/// Gets `set` from the mirror, else from its official address; returns its folder. A set that is
/// present is left as it is unless `force`. What a broken fetch left is taken up again, and the
/// folder appears by one rename when every file is verified. One process fetches at a time, others
/// wait. A mirror's MANIFEST.json, where it has one, decides what its files must be, and how they
/// differ from the publisher's is told in one line.
/// Errors: `Error` saying what each source answered.
std::filesystem::path fetch(const DataSet& set, const FetchOptions& options);

/// Returns whether data_dir/NAME holds every file of the set in its right size.
bool is_present(const DataSet& set, const std::filesystem::path& data_dir);

/// Reads every file of a present set again and compares size and sums with what was fetched, or,
/// when the folder was put there by hand, with the publisher's.
/// Returns: a line per file that differs; empty when all is well.
std::vector<std::string> verify(const DataSet& set, const std::filesystem::path& data_dir,
                                const std::function<bool()>& stop = nullptr);

/// Returns the folder of the set of that name in the built-in catalogue. When it is absent and the
/// environment's DATA_MIRROR is a folder that has it, it is fetched from there, which a line on
/// stderr tells; the network is never asked.
/// Errors: `Error` when it is absent: what is missing, the command that gets it, its size and its
/// licence.
std::filesystem::path locate(const std::string& set, const std::filesystem::path& data_dir);

}  // namespace common::data
