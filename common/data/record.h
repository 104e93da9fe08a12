// fetched.json: beside the files of a set, where they came from and what they were.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/data/manifest.h"

namespace common::data {

/// The record's file name within the folder of a set.
inline constexpr const char* kRecordName = "fetched.json";

/// Writes the record of a set that came `from` a mirror or address; `notes` say how its files
/// differ from the publisher's. The files' SHA-256 must be known.
void write_record(const std::filesystem::path& folder, const std::string& from,
                  const std::vector<Expected>& files, const std::vector<std::string>& notes);

/// Returns the files of the record, none when there is no record or it cannot be used.
std::vector<Expected> read_record(const std::filesystem::path& folder);

}  // namespace common::data
