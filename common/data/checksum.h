// MD5, SHA-1 and SHA-256 of files, through OpenSSL.
#pragma once

#include <filesystem>
#include <string>

namespace common::data {

/// Sums of one file in lower-case hexadecimal; empty where unknown.
struct Sums {
  std::string md5, sha1, sha256;

  /// Returns whether no sum is known.
  bool empty() const { return md5.empty() && sha1.empty() && sha256.empty(); }
};

/// Returns those sums of the file that are known in `wanted`, in one pass.
/// Errors: `Error` when it cannot be read.
Sums file_sums(const std::filesystem::path& path, const Sums& wanted);

/// Returns the first sum of `wanted` that `found` does not have, as "SHA-256 is A, expected B", or
/// "" when all agree. A sum that is unknown in `wanted` agrees with anything.
std::string difference(const Sums& found, const Sums& wanted);

}  // namespace common::data
