// JSON read from outside: size and depth limited, faults told with file and position.
#pragma once

#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace common::base {

/// JSON that keeps the order of its keys, so that files read as they were written.
using Json = nlohmann::ordered_json;

/// Parses `text`; `name` stands for it in messages.
/// Errors: `Error` for text that is no JSON, is nested deeper than 64, repeats a key, or has an
/// object of more than `most_keys`: a key is found by looking at all before it, so that n of them
/// take n^2 time. Limit it where the text comes from a stranger.
Json parse_json(std::string_view text, const std::string& name, std::size_t most_keys = 1u << 20);

/// Reads and parses a file of at most 64 MB.
Json read_json(const std::filesystem::path& path);

/// Returns a name from outside as it may stand in a message: in quotes, of at most 80 bytes, in
/// ASCII on one line.
std::string shown(std::string_view name);

/// Returns `value` on one line; what is no UTF-8 in it is replaced.
std::string line_of(const Json& value);

/// Returns whether a name from outside can be written as it is: UTF-8 without control characters.
bool is_plain_text(const std::string& name);

/// Writes `value` aside and renames it, two spaces of indent, a newline at the end.
void write_json(const std::filesystem::path& path, const Json& value);

}  // namespace common::base
