// Gzip in memory, with its checksum verified.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace common::data {

/// Returns whether `bytes` begin as a gzip file does.
bool is_gzip(std::string_view bytes);

/// Returns what a gzip file of one or more members holds; `name` stands for it in messages.
/// Errors: `Error` when it is damaged, ends early, is followed by other bytes, or holds more than
/// `max_bytes`.
std::string gunzip(std::string_view bytes, const std::string& name, std::uint64_t max_bytes);

}  // namespace common::data
