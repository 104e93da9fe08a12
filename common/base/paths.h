// Where the course's sources are, so that an executable works from any directory.
#pragma once

#include <filesystem>

namespace common::base {

/// Returns the folder that holds the weeks: the one that this was built from, or, when that is
/// gone, the current directory.
std::filesystem::path source_dir();

}  // namespace common::base
