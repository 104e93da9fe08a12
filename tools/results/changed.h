// Whether a record still holds: what changed of its sources since.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tools/results/records.h"

namespace tools {

/// Returns, for a record, the sources that changed since its commit; empty when it is valid. The
/// files are COMMAND.cpp of the week (where there is none, all of the week's), what they include,
/// the .cpp files of those headers, and the preset; of ./dev bench also Python's side.
/// Errors: `Error` when git cannot tell (no repository, commit unknown).
std::vector<std::string> changed_since(const std::filesystem::path& root, const Record& record);

}  // namespace tools
