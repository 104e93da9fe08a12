#include "common/data/fetch.h"

#include <algorithm>
#include <set>
#include <system_error>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/interrupt.h"
#include "common/base/nearest.h"
#include "common/data/gzip.h"
#include "common/data/lock.h"
#include "common/data/record.h"
#include "common/data/sources.h"
#include "common/data/unpack.h"

namespace common::data {
namespace fs = std::filesystem;
namespace {

using base::Error;
using base::require;

constexpr std::size_t kMaxExtras = 10'000;             // files that only the mirror lists
constexpr std::uint64_t kMaxExtraBytes = 500'000'000;  // and each of them

void say(const FetchOptions& options, const std::string& line) {
  if (options.say) options.say(line);
}

void check_stop(const FetchOptions& options) {
  if (options.stop && options.stop()) throw base::Interrupted();
}

// "a" or "a and 5 more".
std::string some(const std::vector<std::string>& names) {
  return names.front() +
         (names.size() == 1 ? "" : " and " + std::to_string(names.size() - 1) + " more");
}

Expected publishers(const SetFile& file) { return {file.path, file.bytes, file.sums}; }

// A set on its way into place.
class Fetch {
 public:
  Fetch(const DataSet& set, const FetchOptions& options)
      : set_(set),
        options_(options),
        folder_(options.data_dir / set.name),
        partial_(options.data_dir / ("." + set.name + ".partial")) {}

  void run() {
    base::make_folder(partial_);
    std::vector<std::string> failures;
    if (!options_.mirror.empty() && attempt(&Fetch::from_mirror, failures)) return;
    if (!options_.mirror_only) {
      for (const std::string& failure : failures) {
        say(options_, set_.name + ": " + failure + "; asking the official address");
      }
      if (attempt(&Fetch::from_official, failures)) return;
    } else if (options_.mirror.empty()) {
      failures.push_back("no mirror is given");
    }
    std::error_code ignored;
    fs::remove(partial_, ignored);  // if nothing is in it
    throw Error("cannot get " + set_.name + ": " + base::join(failures, "; "));
  }

 private:
  bool attempt(void (Fetch::*source)(), std::vector<std::string>& failures) {
    files_.clear();
    notes_.clear();
    try {
      (this->*source)();
    } catch (const Error& error) {
      failures.push_back(error.what());
      return false;
    }
    put_in_place();
    return true;
  }

  // Whether an earlier try has already brought this file.
  bool have(const Expected& file) const {
    return fs::is_regular_file(partial_ / file.path) &&
           mismatch(partial_ / file.path, file).empty();
  }

  fs::path place_for(const Expected& file) const {
    base::make_folder((partial_ / file.path).parent_path());
    return partial_ / file.path;
  }

  void from_mirror() {
    from_ = options_.mirror;
    if (!is_address(from_)) {
      require(fs::is_directory(fs::path(from_) / set_.name),
              "the mirror " + from_ + " has no folder " + set_.name);
    }
    const std::string manifest = get_manifest(partial_, options_);
    std::vector<Expected> listed;
    if (!manifest.empty()) {
      listed = parse_manifest(manifest, "the mirror's MANIFEST.json", set_.name)
                   .value_or(std::vector<Expected>());
    }
    const std::vector<Expected> wanted = wanted_from_mirror(listed);
    require(!wanted.empty(), "the mirror " + from_ + " does not list the files of " + set_.name);
    for (const Expected& file : wanted) {
      check_stop(options_);
      if (!have(file)) {
        require(get_from_mirror(set_.name, file, place_for(file), options_),
                "the mirror " + from_ + " has neither " + set_.name + "/" + file.path + " nor " +
                    file.path + ".xz");
      }
      files_.push_back(file);
    }
    tell_differences();
  }

  // The catalogue's files as the manifest has them, then those that only the manifest lists.
  std::vector<Expected> wanted_from_mirror(const std::vector<Expected>& listed) const {
    std::vector<Expected> wanted;
    std::set<std::string> paths;
    for (const SetFile& file : set_.files) {
      const auto found = std::find_if(listed.begin(), listed.end(), [&](const Expected& other) {
        return other.path == file.path;
      });
      wanted.push_back(found == listed.end() ? publishers(file) : *found);
      require(wanted.back().bytes <= 2 * file.bytes + 65'536,
              "the mirror's MANIFEST.json gives " + file.path + " " +
                  base::human_bytes(wanted.back().bytes) + ", expected about " +
                  base::human_bytes(file.bytes));
      paths.insert(file.path);
    }
    require(listed.size() <= kMaxExtras,
            "the mirror's MANIFEST.json lists " + std::to_string(listed.size()) + " files");
    for (const Expected& file : listed) {
      if (!paths.insert(file.path).second || file.path == kRecordName) continue;
      require(file.bytes <= kMaxExtraBytes, "the mirror's MANIFEST.json gives " + file.path + " " +
                                                base::human_bytes(file.bytes));
      wanted.push_back(file);
    }
    return wanted;
  }

  // Says in a line which files are the mirror's own and not the publisher's.
  void tell_differences() {
    std::vector<std::string> other, recompressed;
    for (const SetFile& file : set_.files) {
      const fs::path path = partial_ / file.path;
      if (mismatch(path, publishers(file)).empty()) continue;
      (same_content(file, path) ? recompressed : other).push_back(file.path);
    }
    if (!recompressed.empty()) {
      note("the mirror's " + some(recompressed) +
           " was compressed again; what it holds has the publisher's MD5");
    }
    if (!other.empty()) {
      note(some(other) + (other.size() == 1 ? " differs" : " differ") +
           " from the publisher's sums; the mirror's own MANIFEST.json is met");
    }
  }

  bool same_content(const SetFile& file, const fs::path& path) const {
    if (file.content_md5.empty()) return false;
    const fs::path held = partial_ / ".content";
    bool same = false;
    try {
      base::write_file(held, gunzip(base::read_file(path), path.string(), 1u << 30));
      Sums wanted;
      wanted.md5 = file.content_md5;
      same = difference(file_sums(held, wanted), wanted).empty();
    } catch (const Error&) {
      same = false;  // damaged gzip is no content
    }
    std::error_code ignored;
    fs::remove(held, ignored);
    return same;
  }

  void note(const std::string& line) {
    notes_.push_back(line);
    say(options_, set_.name + ": " + line);
  }

  void from_official() {
    from_ = set_.archive ? set_.archive->url : set_.homepage;
    if (set_.archive) return from_archive(*set_.archive);
    for (const SetFile& file : set_.files) {
      check_stop(options_);
      const Expected expected = publishers(file);
      if (!have(expected)) {
        require(get_address(file.url, expected, place_for(expected), options_),
                file.url + " is not there");
      }
      files_.push_back(expected);
    }
  }

  void from_archive(const SetArchive& archive) {
    const std::string base_name = archive.url.substr(archive.url.rfind('/') + 1);
    const Expected packed{base_name, archive.bytes, archive.sums};
    const fs::path path = partial_ / ".archive";
    if (!mismatch(path, packed).empty()) {
      fs::remove(path);
      require(get_address(archive.url, packed, path, options_), archive.url + " is not there");
    }
    const fs::path unpacked = partial_ / ".unpacked";
    fs::remove_all(unpacked);
    UnpackLimits limits;
    limits.bytes = archive.unpacked_bytes;
    unpack(path, unpacked, limits);
    if (set_.files.empty()) return take_all(unpacked / archive.folder);
    for (const SetFile& file : set_.files) {
      const Expected expected = publishers(file);
      const fs::path from = unpacked / archive.folder / file.path;
      require(fs::is_regular_file(from),
              archive.url + " holds no " + archive.folder + "/" + file.path);
      const std::string why = mismatch(from, expected);
      require(why.empty(), archive.url + ": " + file.path + ": " + why);
      fs::rename(from, place_for(expected));
      files_.push_back(expected);
    }
  }

  // Every file below a folder of an archive whose sum was right, but for hidden and odd names.
  void take_all(const fs::path& unpacked) {
    require(fs::is_directory(unpacked), set_.archive->url + " holds no " + set_.archive->folder);
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(unpacked)) {
      if (entry.is_regular_file()) found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    for (const fs::path& from : found) {
      const std::string path = from.lexically_relative(unpacked).string();
      if (!is_plain_path(path) || path == kRecordName) continue;
      const Expected file{path, fs::file_size(from), {}};
      fs::rename(from, place_for(file));
      files_.push_back(file);
    }
    require(!files_.empty(), set_.archive->url + " holds no files");
  }

  // Everything is verified: only the set's files stay, and the folder gets its name.
  void put_in_place() {
    check_stop(options_);
    std::set<std::string> keep;
    for (Expected& file : files_) {
      Sums wanted;
      wanted.sha256 = "wanted";
      file.sums = file_sums(partial_ / file.path, wanted);
      for (fs::path path = file.path; !path.empty(); path = path.parent_path()) {
        keep.insert(path.string());
      }
    }
    std::vector<fs::path> strange;
    for (const auto& entry : fs::recursive_directory_iterator(partial_)) {
      const fs::path path = entry.path().lexically_relative(partial_);
      if (!keep.contains(path.string())) strange.push_back(entry.path());
    }
    for (const fs::path& path : strange) fs::remove_all(path);
    write_record(partial_, from_, files_, notes_);

    const fs::path old = options_.data_dir / ("." + set_.name + ".old");
    fs::remove_all(old);
    if (fs::exists(folder_)) fs::rename(folder_, old);
    fs::rename(partial_, folder_);
    fs::remove_all(old);
  }

  const DataSet& set_;
  const FetchOptions& options_;
  fs::path folder_, partial_;
  std::string from_;
  std::vector<Expected> files_;
  std::vector<std::string> notes_;
};

}  // namespace

fs::path fetch(const DataSet& set, const FetchOptions& options) {
  const fs::path folder = options.data_dir / set.name;
  if (!options.force && is_present(set, options.data_dir)) return folder;
  if (!options.mirror.empty()) is_address(options.mirror);  // an odd address is told at once
  base::make_folder(options.data_dir);
  const Lock lock(options.data_dir / ("." + set.name + ".lock"), options.stop, [&] {
    say(options, set.name + ": waiting for another process that fetches it");
  });
  if (!options.force && is_present(set, options.data_dir)) return folder;
  say(options, set.name + ": " + base::human_bytes(set.download_bytes()) +
                   ", licence: " + set.licence + ", " + set.homepage);
  try {
    Fetch(set, options).run();
  } catch (const fs::filesystem_error& error) {
    throw Error("cannot get " + set.name + ": " + error.path1().string() + ": " +
                error.code().message());
  }
  return folder;
}

}  // namespace common::data
