// The MANIFEST.json of a mirror: what its files are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/data/checksum.h"

namespace common::data {

/// What a file must be to be taken, named relative to its set's folder.
struct Expected {
  std::string path;
  std::uint64_t bytes = 0;
  Sums sums;
};

/// Returns what a manifest, {"datasets": [{"name", "files": [{"path": "set/file", "bytes",
/// "sha256"}]}]}, says of the files of `set`, or nothing when it does not list the set. Other keys
/// are the mirror's own. `name` stands for the text in messages.
/// Errors: `Error` for text of another form and for paths that are not plain or not in the set.
std::optional<std::vector<Expected>> parse_manifest(std::string_view text, const std::string& name,
                                                    const std::string& set);

}  // namespace common::data
