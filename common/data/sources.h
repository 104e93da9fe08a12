// One file of a set from a mirror or an address, verified; the steps of fetch().
#pragma once

#include <filesystem>
#include <string>

#include "common/data/fetch.h"
#include "common/data/manifest.h"

namespace common::data {

/// Returns whether `mirror` is an http or https address; else it is a folder.
/// Errors: `Error` for another kind of address.
bool is_address(const std::string& mirror);

/// Returns why the file at `path` is not the `expected` one, or "" when it is.
std::string mismatch(const std::filesystem::path& path, const Expected& expected);

/// Downloads `url` to `to`, by way of .NAME.part beside it, and verifies it. What an earlier try
/// left is resumed; when the whole then is not as expected, it is loaded afresh once. Returns:
/// false when the server has no such file. Errors: `Error` naming the address when it cannot be had
/// or is not as expected.
bool get_address(const std::string& url, const Expected& expected, const std::filesystem::path& to,
                 const FetchOptions& options);

/// Gets FILE, or else FILE.xz, of `set` from the mirror to `to`, and verifies it.
/// Returns: false when the mirror has neither.
bool get_from_mirror(const std::string& set, const Expected& expected,
                     const std::filesystem::path& to, const FetchOptions& options);

/// Returns the text of the mirror's MANIFEST.json, "" when it has none. `scratch` is a folder for
/// the download.
std::string get_manifest(const std::filesystem::path& scratch, const FetchOptions& options);

}  // namespace common::data
