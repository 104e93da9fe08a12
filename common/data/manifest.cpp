#include "common/data/manifest.h"

#include <set>

#include "common/base/error.h"
#include "common/base/json.h"
#include "common/data/catalogue.h"

namespace common::data {
namespace {

using base::Json;
using base::require;

const Json& member(const Json& json, const char* key, const std::string& name) {
  require(json.is_object() && json.contains(key),
          name + ": wanted an object with \"" + key + "\", found " +
              (json.is_object() ? "one without" : json.type_name()));
  return json.at(key);
}

std::string text(const Json& json, const char* key, const std::string& name) {
  const Json& value = member(json, key, name);
  require(value.is_string(), name + ": \"" + key + "\" is no text");
  return value.get<std::string>();
}

const Json& list(const Json& json, const char* key, const std::string& name) {
  const Json& value = member(json, key, name);
  require(value.is_array(), name + ": \"" + key + "\" is no list");
  return value;
}

Expected parse_file(const Json& json, const std::string& name, const std::string& set) {
  Expected file;
  const std::string path = text(json, "path", name);
  require(path.starts_with(set + "/") && is_plain_path(path),
          name + ": wanted a plain path in " + set + "/, found " + path.substr(0, 100));
  file.path = path.substr(set.size() + 1);
  const Json& bytes = member(json, "bytes", name);
  require(bytes.is_number_unsigned(), name + ": " + path + " has no whole number of bytes");
  file.bytes = bytes.get<std::uint64_t>();
  file.sums.sha256 = text(json, "sha256", name);
  require(file.sums.sha256.size() == 64 &&
              file.sums.sha256.find_first_not_of("0123456789abcdef") == std::string::npos,
          name + ": the sha256 of " + path + " is not 64 digits 0-9a-f");
  return file;
}

}  // namespace

std::optional<std::vector<Expected>> parse_manifest(std::string_view manifest,
                                                    const std::string& name,
                                                    const std::string& set) {
  const Json json = base::parse_json(manifest, name);
  for (const Json& entry : list(json, "datasets", name)) {
    if (text(entry, "name", name) != set) continue;
    std::vector<Expected> files;
    std::set<std::string> seen;
    for (const Json& file : list(entry, "files", name)) {
      files.push_back(parse_file(file, name, set));
      require(seen.insert(files.back().path).second,
              name + ": " + files.back().path + " is listed twice");
    }
    return files;
  }
  return std::nullopt;
}

}  // namespace common::data
