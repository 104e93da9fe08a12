// The name that was probably meant.
#pragma once

#include <string>
#include <vector>

namespace common::base {

/// Returns the candidate with the fewest edits (insert, delete, replace, swap of neighbours) from
/// `name`, or "" when even that one differs in more than a third of its letters (at least 2).
std::string nearest(const std::string& name, const std::vector<std::string>& candidates);

/// Returns "; did you mean X?" or "".
std::string did_you_mean(const std::string& name, const std::vector<std::string>& candidates,
                         const std::string& prefix = "");

/// Returns the words joined by `separator`.
std::string join(const std::vector<std::string>& words, const std::string& separator = ", ");

}  // namespace common::base
