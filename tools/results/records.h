// Records: finished measured runs, kept as weekNN_name/results/NAME-sSEED-DATE.json.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "common/base/expect.h"
#include "common/base/json.h"

namespace tools {

/// A measured run on record.
struct Record {
  std::filesystem::path file;
  std::string week, name;  ///< see record_name()
  std::string preset, command, commit, date;
  std::int64_t seed = 0;
  std::string precision;  ///< what it computed in: fp32, bf16; several joined by ", "
  double seconds = 0;
  common::base::Metrics metrics;
  common::base::Json env, tables;  ///< tables: {NAME: {"columns": [...], "rows": [[...]]}}
};

/// Returns the name of a record: of a training its preset, of other commands COMMAND-PRESET or
/// COMMAND, or PRESET where that begins with the command.
std::string record_name(const std::string& command, const std::string& preset);

/// Returns the folders of the weeks under `root`, sorted.
std::vector<std::string> weeks(const std::filesystem::path& root);

/// Returns a week's records by name, seeds ascending.
/// Errors: `Error` for a file that is no record.
std::map<std::string, std::vector<Record>> read_records(const std::filesystem::path& root,
                                                        const std::string& week);

/// Returns the metrics of each record, in the order of the records.
std::vector<common::base::Metrics> metrics_of(const std::vector<Record>& records);

/// Returns when, at which commits, on which machine and in which precision the records were
/// measured: a sentence that begins with "Measured" and ends without its period.
std::string how_measured(const std::vector<Record>& records);

/// Returns the first ten digits of each commit of the records, each once.
std::string commits_of(const std::vector<Record>& records);

/// Puts the finished run in `run_dir` (or each seed's of a series) on record under `root`; a record
/// of the same name and seed is replaced.
/// Returns the files written.
/// Errors: `Error` when the run did not finish, its settings differ from its preset's, or it was
/// built from changes that were not committed.
std::vector<std::filesystem::path> add_run(const std::filesystem::path& root,
                                           const std::filesystem::path& run_dir);

}  // namespace tools
