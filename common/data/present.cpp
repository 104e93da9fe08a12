// What of a set is in the data folder: found, verified, or told how to get.
#include <cstdio>
#include <cstdlib>
#include <map>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/interrupt.h"
#include "common/base/json.h"
#include "common/data/fetch.h"
#include "common/data/record.h"
#include "common/data/sources.h"

namespace common::data {
namespace fs = std::filesystem;
namespace {

// What the files in the folder should be: as recorded when they were fetched, else (the folder was
// made by hand) the publisher's.
std::vector<Expected> wanted_files(const DataSet& set, const fs::path& folder) {
  std::vector<Expected> wanted = read_record(folder);
  std::map<std::string, bool> recorded;
  for (const Expected& file : wanted) recorded[file.path] = true;
  for (const SetFile& file : set.files) {
    if (!recorded.contains(file.path)) wanted.push_back({file.path, file.bytes, file.sums});
  }
  return wanted;
}

}  // namespace

bool is_present(const DataSet& set, const fs::path& data_dir) {
  const fs::path folder = data_dir / set.name;
  std::error_code error;
  if (!fs::is_directory(folder, error)) return false;
  const std::vector<Expected> wanted = wanted_files(set, folder);
  if (wanted.empty()) return false;  // nothing is known of it but its archive
  for (const Expected& file : wanted) {
    const std::uint64_t bytes = fs::file_size(folder / file.path, error);
    if (error || bytes != file.bytes) return false;
  }
  return true;
}

std::vector<std::string> verify(const DataSet& set, const fs::path& data_dir,
                                const std::function<bool()>& stop) {
  const fs::path folder = data_dir / set.name;
  std::vector<std::string> wrong;
  for (const Expected& file : wanted_files(set, folder)) {
    if (stop && stop()) throw base::Interrupted();
    std::error_code error;
    const bool there = fs::is_regular_file(folder / file.path, error);
    const std::string why = there ? mismatch(folder / file.path, file) : "it is missing";
    if (!why.empty()) wrong.push_back((folder / file.path).string() + ": " + why);
  }
  return wrong;
}

fs::path locate(const std::string& name, const fs::path& data_dir) {
  const Catalogue catalogue = built_in_catalogue();
  const DataSet& set = catalogue.find(name);
  if (is_present(set, data_dir)) return data_dir / set.name;
  std::string found;
  const char* const mirror = std::getenv("DATA_MIRROR");
  std::error_code ignored;
  if (mirror != nullptr && fs::is_directory(fs::path(mirror) / set.name, ignored)) {
    std::fprintf(stderr, "%s: taking it from the mirror %s (licence: %s)\n", set.name.c_str(),
                 mirror, set.licence.c_str());
    FetchOptions options;
    options.data_dir = data_dir;
    options.mirror = mirror;
    options.mirror_only = true;
    options.stop = base::interrupted;
    return fetch(set, options);
  }
  throw base::Error("the data set " + set.name + " is not in " + data_dir.string() +
                    "; run ./dev data " + set.name + " (" +
                    base::human_bytes(set.download_bytes()) + ", licence: " + set.licence + ")");
}

}  // namespace common::data
