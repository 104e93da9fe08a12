#include "common/data/catalogue.h"

#include <algorithm>
#include <set>

#include "common/base/error.h"
#include "common/base/json.h"
#include "common/base/nearest.h"
#include "common/data/record.h"

namespace common::data {
namespace {

using base::Error;
using base::Json;
using base::require;

constexpr std::uint64_t kMaxBytes = 1'000'000'000'000;
constexpr std::size_t kMaxText = 500;
constexpr std::size_t kMaxItems = 100'000;  // sets, and files of a set

// One JSON object of which every key is wanted: those not taken are refused by done().
class Object {
 public:
  Object(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
    require(json.is_object(), where_ + ": wanted an object, found " + json.type_name());
  }

  bool has(const std::string& key) const { return json_.contains(key); }

  const Json& get(const std::string& key) {
    require(has(key), where_ + ": the key \"" + key + "\" is missing");
    taken_.insert(key);
    return json_.at(key);
  }

  std::string text(const std::string& key) {
    const Json& value = get(key);
    require(value.is_string(), at(key) + "wanted a text, found " + value.type_name());
    const auto text = value.get<std::string>();
    const bool printable =
        std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 32 || c == 127; });
    require(!text.empty() && text.size() <= kMaxText && printable,
            at(key) + "wanted one line of 1 to " + std::to_string(kMaxText) + " bytes");
    return text;
  }

  std::uint64_t size(const std::string& key) {
    const Json& value = get(key);
    require(value.is_number_unsigned() && value.get<std::uint64_t>() >= 1 &&
                value.get<std::uint64_t>() <= kMaxBytes,
            at(key) + "wanted a whole number of bytes from 1 to 1 TB");
    return value.get<std::uint64_t>();
  }

  std::string hex(const std::string& key, std::size_t length) {
    if (!has(key)) return "";
    const std::string value = text(key);
    require(
        value.size() == length && value.find_first_not_of("0123456789abcdef") == std::string::npos,
        at(key) + "wanted " + std::to_string(length) + " digits 0-9a-f");
    return value;
  }

  Sums sums() { return {hex("md5", 32), hex("sha1", 40), hex("sha256", 64)}; }

  std::string path(const std::string& key) {
    std::string value = text(key);
    require(is_plain_path(value), at(key) + "wanted a plain relative path, found " + value);
    return value;
  }

  std::string address(const std::string& key) {
    std::string value = text(key);
    require(value.starts_with("https://") || value.starts_with("http://"),
            at(key) + "wanted an address that begins with https:// or http://");
    require(value.find_first_of(" \"<>\\^`{|}") == std::string::npos,
            at(key) + "an address must have its odd characters encoded");
    return value;
  }

  const Json& list(const std::string& key) {
    const Json& value = get(key);
    require(value.is_array() && !value.empty() && value.size() <= kMaxItems,
            at(key) + "wanted a list of 1 to " + std::to_string(kMaxItems) + " objects");
    return value;
  }

  void done() const {
    for (const auto& [key, value] : json_.items()) {
      require(taken_.contains(key), where_ + ": unknown key \"" + key.substr(0, 40) + "\"");
    }
  }

 private:
  std::string at(const std::string& key) const { return where_ + ", " + key + ": "; }

  const Json& json_;
  std::string where_;
  std::set<std::string> taken_;
};

SetFile parse_file(const Json& json, const std::string& where, bool in_archive) {
  Object object(json, where);
  SetFile file;
  file.path = object.path("path");
  require(file.path != kRecordName, where + ": " + kRecordName + " is the name of the record");
  file.bytes = object.size("bytes");
  file.sums = object.sums();
  file.content_md5 = object.hex("content_md5", 32);
  require(file.content_md5.empty() || file.path.ends_with(".gz"),
          where + ": content_md5 is for .gz files");
  if (!in_archive) file.url = object.address("url");
  require(in_archive || !file.sums.empty(),
          where + ": " + file.path + " needs a sum: md5, sha1 or sha256");
  object.done();
  return file;
}

SetArchive parse_archive(const Json& json, const std::string& where) {
  Object object(json, where);
  SetArchive archive;
  archive.url = object.address("url");
  archive.bytes = object.size("bytes");
  archive.sums = object.sums();
  archive.folder = object.path("folder");
  archive.unpacked_bytes = object.size("unpacked_bytes");
  require(!archive.sums.empty(), where + ": it needs a sum: md5, sha1 or sha256");
  object.done();
  return archive;
}

// Errors when two files have one name, or one is a folder of the other.
void require_distinct(const std::vector<SetFile>& files, const std::string& where) {
  std::set<std::string> paths;
  for (const SetFile& file : files) {
    require(paths.insert(file.path).second, where + ": " + file.path + " is listed twice");
  }
  for (const SetFile& file : files) {
    for (std::size_t slash = file.path.find('/'); slash != std::string::npos;
         slash = file.path.find('/', slash + 1)) {
      require(!paths.contains(file.path.substr(0, slash)),
              where + ": " + file.path.substr(0, slash) + " is both a file and a folder");
    }
  }
}

DataSet parse_set(const Json& json, const std::string& where) {
  Object object(json, where);
  DataSet set;
  set.name = object.path("name");
  require(set.name.find('/') == std::string::npos, where + ", name: wanted no slash");
  set.title = object.text("title");
  set.licence = object.text("licence");
  set.homepage = object.address("homepage");
  if (object.has("archive")) {
    set.archive = parse_archive(object.get("archive"), where + ", archive");
  }
  if (object.has("files") || !set.archive) {
    for (const Json& file : object.list("files")) {
      set.files.push_back(parse_file(file, where + ", file " + std::to_string(set.files.size() + 1),
                                     set.archive.has_value()));
    }
  }
  require_distinct(set.files, where);
  object.done();
  return set;
}

bool is_plain_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-' || c == '+';
}

}  // namespace

bool is_plain_path(std::string_view path) {
  if (path.empty() || path.size() > 255) return false;
  char before = '/';
  for (const char c : path) {
    if (before == '/' && (c == '/' || c == '.')) return false;
    if (c != '/' && !is_plain_character(c)) return false;
    before = c;
  }
  return before != '/';
}

std::uint64_t DataSet::download_bytes() const {
  if (archive) return archive->bytes;
  std::uint64_t sum = 0;
  for (const SetFile& file : files) sum += file.bytes;
  return sum;
}

const DataSet& Catalogue::find(const std::string& name) const {
  std::vector<std::string> names;
  for (const DataSet& set : sets) {
    if (set.name == name) return set;
    names.push_back(set.name);
  }
  throw Error("there is no data set \"" + name + "\"" + base::did_you_mean(name, names) +
              " (sets: " + base::join(names) + ")");
}

Catalogue parse_catalogue(std::string_view text, const std::string& name) {
  const Json json = base::parse_json(text, name);
  Object object(json, name);
  Catalogue catalogue;
  std::set<std::string> names;
  for (const Json& set : object.list("sets")) {
    catalogue.sets.push_back(
        parse_set(set, name + ", set " + std::to_string(catalogue.sets.size() + 1)));
    require(names.insert(catalogue.sets.back().name).second,
            name + ": the set " + catalogue.sets.back().name + " is listed twice");
  }
  object.done();
  return catalogue;
}

}  // namespace common::data
