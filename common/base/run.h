// A run and its directory: settings, environment, metrics, words, tables, result.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/files.h"
#include "common/base/json.h"
#include "common/base/tensorboard.h"

namespace spdlog {
class logger;
}

namespace common::base {

/// Names and numbers in the order in which they are shown. Units are in the names.
using Metrics = std::vector<std::pair<std::string, double>>;

/// What identifies a run; config.json in its directory.
struct RunConfig {
  std::string week, command = "train", preset;
  std::int64_t seed = 0;
  std::int64_t threads = 0;  ///< 0: all cores
  std::string device = "cpu", precision = "auto";
  std::filesystem::path data_dir = "data";
  Json settings = Json::object();  ///< every setting, defaults filled in
  std::vector<std::string> words;  ///< what was given without a flag, as file names
  std::string command_line;        ///< what to type to get it again, but for seed and folders
  bool trace = false;              ///< --trace was given; not kept

  Json to_json() const;
  /// Returns what the numbers of a run follow from: week, command, seed, precision and settings.
  Json identity() const;
  /// Errors: `Error` when `json` is not what to_json() writes; `where` names the file.
  static RunConfig from_json(const Json& json, const std::string& where);
};

/// A run. One without a directory, as `Run{}`, writes nothing; every call works on it.
class Run {
 public:
  explicit Run(RunConfig config = {});
  /// Opens `dir`: a new one gets config.json and env.json; a resumed one keeps what it has, but its
  /// env.json says commit "mixed" when sources, device or threads are others than before.
  /// Errors: `Error` when `dir` holds something already (or, resuming, no run), another process is
  /// running in it, or it cannot be made or written.
  Run(RunConfig config, Json env, std::filesystem::path dir, bool resume = false);
  /// Returns the run of a rank that is not the first: it says and writes nothing, and goes on from
  /// `dir`, in which the first writes.
  static Run follower(RunConfig config, std::filesystem::path dir, bool resume = false);
  ~Run();
  Run(Run&&) noexcept;

  const RunConfig& config() const { return config_; }
  const std::filesystem::path& dir() const { return dir_; }
  bool writes() const { return writes_; }
  /// Returns whether this run goes on from a checkpoint in dir().
  bool resumed() const { return resumed_; }

  /// Prints a line and writes it to log.txt.
  void say(const std::string& line);

  /// Adds one line to metrics.jsonl and one point a metric to the TensorBoard file, as SPLIT/NAME.
  /// Units: `step` as the week counts, from 0.
  void log(std::int64_t step, const std::string& split, const Metrics& metrics);

  /// Drops the lines of metrics.jsonl from `step` on: a resumed run writes them again.
  void rewind(std::int64_t step);

  /// Returns the (step, value) pairs of one metric of one split, as logged, from metrics.jsonl.
  std::vector<std::pair<double, double>> history(const std::string& split,
                                                 const std::string& name) const;

  /// Writes table_NAME.json and prints the table. Cells are text.
  void table(const std::string& name, const std::vector<std::string>& columns,
             const std::vector<std::vector<std::string>>& rows);

  /// Writes result.json: the metrics, seconds since this run began (of all its parts, when it was
  /// resumed) and peak memory. Returns all of them.
  Metrics finish(Metrics metrics);

  /// Removes the directory, which was new or empty, if this run logged and saved nothing: a user
  /// error leaves no litter.
  void discard_if_empty();

  /// Seconds of earlier parts of this run; kept in checkpoints by the weeks.
  double earlier_seconds = 0;
  /// Seconds since the run began, earlier parts included.
  double seconds() const;

 private:
  RunConfig config_;
  std::filesystem::path dir_;
  bool writes_ = false, resumed_ = false, logged_ = false;
  std::optional<std::int64_t> rewound_to_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  FolderLock lock_;  // one process at a time writes into a run directory
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> metrics_{nullptr, &std::fclose};
  std::optional<TensorBoardWriter> board_;
  std::shared_ptr<spdlog::logger> words_;
  Json memory_ = Json::array();  // what was logged, for history() of a run without a directory
};

/// Returns the folder of a week's newest run that has left `file`, empty when there is none.
std::filesystem::path newest_run(const std::string& week, const std::string& file);

/// Returns DIR's result.json as metrics, or nothing when the run did not finish.
std::optional<Metrics> finished_result(const std::filesystem::path& dir);

/// Returns whether the run in `dir` ever saved itself, so that it can go on from there.
bool has_checkpoint(const std::filesystem::path& dir);

/// Returns a text table: columns aligned, a rule under the heads.
std::string text_table(const std::vector<std::string>& columns,
                       const std::vector<std::vector<std::string>>& rows);

}  // namespace common::base
