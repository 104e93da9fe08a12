#include "common/base/presets.h"

#include <algorithm>
#include <filesystem>

#include "common/base/error.h"
#include "common/base/nearest.h"
#include "common/base/paths.h"

namespace common::base {
namespace fs = std::filesystem;

std::vector<std::string> preset_names(const std::string& week) {
  std::vector<std::string> names;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(source_dir() / week / "presets", missing)) {
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Preset read_preset(const std::string& week, const std::string& name) {
  const auto names = preset_names(week);
  require(std::find(names.begin(), names.end(), name) != names.end(),
          "--preset: there is no preset \"" + name.substr(0, 60) + "\"" +
              did_you_mean(name, names) + " (there are " + join(names) + ")");
  const fs::path path = source_dir() / week / "presets" / (name + ".json");
  const Json json = read_json(path);
  require(json.is_object() && json.contains("about") && json["about"].is_string() &&
              json.contains("settings"),
          path.string() + " is no preset: wanted \"about\" and \"settings\"");
  return {json["about"].get<std::string>(), json["settings"]};
}

void apply_file(Settings& settings, const std::string& path) {
  const Json json = read_json(path);
  const bool wrapped = json.is_object() && json.contains("settings");
  settings.apply(wrapped ? json["settings"] : json, path);
}

}  // namespace common::base
