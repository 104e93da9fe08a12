#include "common/base/json.h"

#include <set>
#include <vector>

#include "common/base/error.h"
#include "common/base/files.h"

namespace common::base {

Json parse_json(std::string_view text, const std::string& name, std::size_t most_keys) {
  constexpr int kMaxDepth = 64;
  std::vector<std::set<std::string>> keys;  // of each object that is open
  const auto check = [&](int depth, Json::parse_event_t event, Json& parsed) {
    require(depth <= kMaxDepth,
            name + " is nested deeper than " + std::to_string(kMaxDepth) + " levels");
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key) {
      const auto key = parsed.get<std::string>();
      require(keys.back().insert(key).second,
              name + " has the key \"" + key.substr(0, 60) + "\" twice");
      require(keys.back().size() <= most_keys,
              name + " has an object of more than " + std::to_string(most_keys) + " keys");
    }
    return true;
  };
  try {
    return Json::parse(text.begin(), text.end(), check);
  } catch (const Json::exception& error) {
    std::string what = error.what();  // "[json.exception...] parse error at line 1, column 5: ..."
    what = what.substr(what.find("] ") == std::string::npos ? 0 : what.find("] ") + 2);
    if (what.size() > 200) what = what.substr(0, 197) + "...";  // it quotes what was read last
    throw Error(name + " is not valid JSON: " + what);
  }
}

Json read_json(const std::filesystem::path& path) {
  return parse_json(read_file(path, 64'000'000), path.string());
}

void write_json(const std::filesystem::path& path, const Json& value) {
  write_file(path, value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace common::base
