// The flags of a week's command: the shared ones and one for each setting.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/settings.h"

namespace common::base {

/// A command's flags as they were given; "" and 0 where they were not.
struct Flags {
  std::string preset, config, out, data_dir, device = "cpu", precision = "auto", resume;
  std::int64_t seed = 0, seeds = 0, threads = 0, nproc = 1, restarts = 0;
  std::vector<std::string> expect;
  std::map<std::string, std::string> settings;  ///< name -> text, of the settings that were given
  std::vector<std::string> words;               ///< what stands without a flag, as file names
  bool trace = false;
  bool help = false;  ///< --help was asked for and printed
};

/// What parse_flags needs to know of a command.
struct FlagContext {
  std::string week, command, about;
  std::string default_preset;        ///< "" when the command takes no preset
  std::vector<std::string> presets;  ///< the names that --help shows
  bool leaves_run = true;            ///< false: a page
  std::string words = "";            ///< what the words of the command are, as IMAGE; "" for none
  std::string device = "cpu";        ///< the default
  bool computes_mixed = false;       ///< has --precision and --trace; its pages --device and such
  bool trains_on_ranks = false;      ///< has --nproc and --restarts
};

/// Reads `arguments` (without the names of program and command). Values of settings stay text:
/// they are set later, over preset and file.
/// Errors: `Error` in one line for an unknown flag (with the nearest name), a value that is missing
/// or of the wrong type, or flags that exclude each other.
Flags parse_flags(const FlagContext& context, const Settings& settings,
                  std::vector<std::string> arguments);

}  // namespace common::base
