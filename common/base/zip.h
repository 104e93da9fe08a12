// Zip archives that lie in memory.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace common::base {

/// Returns what the files of the archive hold, by their names with folders; `where` stands for the
/// archive in messages.
/// Errors: `Error` when it is damaged or cut short, has a name twice, more than 200,000 entries, or
/// files that hold more than `most_bytes` together.
std::map<std::string, std::string> read_zip(std::string_view zip, std::uint64_t most_bytes,
                                            const std::string& where);

}  // namespace common::base
