// Presets: weekNN_name/presets/NAME.json, the settings of one kind of run.
#pragma once

#include <string>
#include <vector>

#include "common/base/settings.h"

namespace common::base {

/// A preset file: {"about": TEXT, "settings": {NAME: VALUE}}.
struct Preset {
  std::string about;
  Json settings = Json::object();
};

/// Returns the names of a week's presets, sorted.
std::vector<std::string> preset_names(const std::string& week);

/// Errors: `Error` when there is no such preset, with the nearest name, or its file is no preset.
Preset read_preset(const std::string& week, const std::string& name);

/// Applies a JSON file of one's own: either just settings, or an object that has them under
/// "settings", as presets and a run's config.json do.
void apply_file(Settings& settings, const std::string& path);

}  // namespace common::base
