// The numbers that a week publishes: weekNN_name/published.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tools {

/// A published number: a command, its preset and seeds, and the bars that its means must pass.
struct Published {
  std::string number;  ///< as 01.2: the week, and the place in its list from 1
  std::string week, about, command = "train", preset;
  std::string reference;   ///< what others publish, with the source; may be empty
  std::int64_t seeds = 0;  ///< 0: one run of seed 0
  std::int64_t nproc = 1;  ///< ranks that train together
  std::vector<std::string> expect;
  std::string record_name() const;
  /// Returns whether ./dev bench measures it, beside Python; and the case of the bench.
  bool is_bench() const { return command == "bench"; }
  std::string bench_case() const;

  /// Returns the words behind ./dev bench, or the flags of the run: COMMAND --preset P --nproc N
  /// --seeds N --expect BAR ...
  std::vector<std::string> arguments() const;
  /// Returns what a person types.
  std::string command_line() const;
};

/// Reads WEEK/published.json under `root`; empty when there is none.
/// Errors: `Error` when it is no such list.
std::vector<Published> read_published(const std::filesystem::path& root, const std::string& week);

/// Returns all published numbers, or those that `what` names: a week (week01_mlp_xor, week01, 01)
/// or a number (01.2).
/// Errors: `Error` when there is none of that name.
std::vector<Published> select_published(const std::filesystem::path& root, const std::string& what);

}  // namespace tools
