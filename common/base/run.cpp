#include "common/base/run.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/paths.h"

namespace common::base {
namespace fs = std::filesystem;
namespace {

std::shared_ptr<spdlog::logger> make_logger(const fs::path& dir) {
  std::vector<spdlog::sink_ptr> sinks;
  auto console = std::make_shared<spdlog::sinks::stdout_sink_st>();
  // On a terminal a progress bar may stand on the line: clear it first.
  console->set_pattern(::isatty(STDOUT_FILENO) != 0 ? "\r\033[K%v" : "%v");
  sinks.push_back(std::move(console));
  if (!dir.empty()) {
    try {
      auto file = std::make_shared<spdlog::sinks::basic_file_sink_st>((dir / "log.txt").string());
      file->set_pattern("%Y-%m-%dT%H:%M:%S %v");
      sinks.push_back(std::move(file));
    } catch (const spdlog::spdlog_ex& error) {
      throw Error("cannot write " + (dir / "log.txt").string() + ": " + error.what());
    }
  }
  auto logger = std::make_shared<spdlog::logger>("run", sinks.begin(), sinks.end());
  logger->flush_on(spdlog::level::trace);
  // A full disk must not end in an exception out of a log line: the metrics report it as an Error.
  logger->set_error_handler([](const std::string&) {});
  return logger;
}

// Runs of several seeds share a process: each begins its peak anew, where Linux lets it.
void reset_peak_memory() { std::ofstream("/proc/self/clear_refs") << "5"; }

double peak_memory_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return 1024 * std::atof(line.c_str() + 6);  // in kilobytes
  }
  return NAN;
}

// JSON has no NaN: null stands for it in metrics.jsonl.
Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

std::string field(const Json& json, const char* name, const std::string& where) {
  require(json.contains(name) && json[name].is_string(), where + ": \"" + name + "\" is missing");
  return json[name].get<std::string>();
}

std::int64_t whole_field(const Json& json, const char* name, const std::string& where) {
  require(json.contains(name) && json[name].is_number_integer(),
          where + ": \"" + name + "\" is missing");
  return json[name].get<std::int64_t>();
}

// The env.json of a run that goes on: a commit that stands for one state of the sources on one
// machine only while nothing changed.
void go_on_in(const fs::path& dir, Json env) {
  const fs::path file = dir / "env.json";
  if (fs::exists(file)) {
    const Json before = read_json(file);
    bool same = before.is_object();
    for (const char* name : {"commit", "processor", "device", "threads", "ranks", "libtorch"}) {
      same = same && env.contains(name) == before.contains(name) &&
             (!env.contains(name) || env[name] == before[name]);
    }
    if (same) return;
    env["commit"] = "mixed";
  }
  write_json(file, env);
}

}  // namespace

Json RunConfig::to_json() const {
  return {{"week", week},
          {"command", command},
          {"preset", preset},
          {"seed", seed},
          {"threads", threads},
          {"device", device},
          {"precision", precision},
          {"words", words},
          {"data_dir", data_dir.string()},
          {"settings", settings},
          {"command_line", command_line}};
}

Json RunConfig::identity() const {
  return {{"week", week},
          {"command", command},
          {"seed", seed},
          {"precision", precision},
          {"settings", settings}};
}

RunConfig RunConfig::from_json(const Json& json, const std::string& where) {
  require(json.is_object(), where + " is no run's config.json");
  RunConfig config;
  config.week = field(json, "week", where);
  config.command = field(json, "command", where);
  config.preset = field(json, "preset", where);
  config.device = field(json, "device", where);
  config.data_dir = field(json, "data_dir", where);
  config.command_line = field(json, "command_line", where);
  config.precision = field(json, "precision", where);
  require(json.contains("words") && json["words"].is_array(), where + ": \"words\" is missing");
  for (const auto& word : json["words"]) {
    require(word.is_string(), where + ": \"words\" holds something that is no text");
    config.words.push_back(word.get<std::string>());
  }
  config.seed = whole_field(json, "seed", where);
  config.threads = whole_field(json, "threads", where);
  require(json.contains("settings") && json["settings"].is_object(),
          where + ": \"settings\" is missing");
  config.settings = json["settings"];
  return config;
}

Run::Run(RunConfig config) : config_(std::move(config)), words_(make_logger({})) {}

Run::Run(RunConfig config, Json env, fs::path dir, bool resume)
    : config_(std::move(config)), dir_(std::move(dir)), writes_(true), resumed_(resume) {
  const std::string busy = "another process is running in " + dir_.string();
  reset_peak_memory();
  if (resume) {
    require(fs::exists(dir_ / "config.json"),
            dir_.string() + " holds no run to resume: it has no config.json");
    lock_ = FolderLock(dir_, busy);
    remove_asides(dir_);
    remove_asides(dir_ / "checkpoint");
    go_on_in(dir_, std::move(env));
  } else {
    // What a run left that was killed before its first file was whole is in nobody's way.
    const auto is_free = [&] {
      require(!fs::exists(dir_) || (fs::is_directory(dir_) && holds_only_asides(dir_)),
              dir_.string() + " exists already; choose another --out, or go on with --resume " +
                  dir_.string());
    };
    is_free();
    make_folder(dir_);
    lock_ = FolderLock(dir_, busy);
    is_free();  // another run may have begun in it meanwhile
    remove_asides(dir_);
    write_json(dir_ / "config.json", config_.to_json());
    write_json(dir_ / "env.json", env);
  }
  words_ = make_logger(dir_);
}

Run Run::follower(RunConfig config, fs::path dir, bool resume) {
  Run run(std::move(config));
  run.dir_ = std::move(dir);
  run.resumed_ = resume;
  run.words_ = std::make_shared<spdlog::logger>("nobody hears it");
  return run;
}

Run::~Run() = default;
Run::Run(Run&&) noexcept = default;

void Run::say(const std::string& line) { words_->info(line); }

void Run::log(std::int64_t step, const std::string& split, const Metrics& metrics) {
  Json line = {{"step", step}, {"split", split}};
  for (const auto& [name, value] : metrics) line[name] = number_or_null(value);
  if (!writes()) {
    memory_.push_back(std::move(line));
    return;
  }
  if (metrics_ == nullptr) {
    const fs::path path = dir_ / "metrics.jsonl";
    metrics_.reset(std::fopen(path.c_str(), "ae"));
    require(metrics_ != nullptr, "cannot write " + path.string() + ": " + std::strerror(errno));
    board_.emplace(dir_, rewound_to_);
  }
  logged_ = true;
  const std::string text = line.dump() + "\n";
  const bool ok = std::fwrite(text.data(), 1, text.size(), metrics_.get()) == text.size() &&
                  std::fflush(metrics_.get()) == 0;
  require(ok, "cannot write " + (dir_ / "metrics.jsonl").string() + ": " + std::strerror(errno));
  for (const auto& [name, value] : metrics) board_->scalar(split + "/" + name, value, step);
}

void Run::rewind(std::int64_t step) {
  rewound_to_ = step;
  const fs::path path = dir_ / "metrics.jsonl";
  if (!writes() || !fs::exists(path)) return;
  metrics_.reset();
  board_.reset();
  std::istringstream lines(read_file(path));
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (json.is_object() && json.value("step", step) < step) kept += line + "\n";
  }
  write_file(path, kept);
}

std::vector<std::pair<double, double>> Run::history(const std::string& split,
                                                    const std::string& name) const {
  std::vector<std::pair<double, double>> points;
  const auto add = [&](const Json& line) {
    if (!line.is_object() || line.value("split", "") != split || !line.contains(name)) return;
    const double value = line[name].is_number() ? line[name].get<double>() : NAN;
    points.emplace_back(line.value("step", 0.0), value);
  };
  if (!writes()) {
    for (const auto& line : memory_) add(line);
  } else if (fs::exists(dir_ / "metrics.jsonl")) {
    std::istringstream lines(read_file(dir_ / "metrics.jsonl"));
    for (std::string line; std::getline(lines, line);) {
      add(Json::parse(line, nullptr, /*allow_exceptions=*/false));
    }
  }
  return points;
}

void Run::table(const std::string& name, const std::vector<std::string>& columns,
                const std::vector<std::vector<std::string>>& rows) {
  std::istringstream lines(text_table(columns, rows));
  for (std::string line; std::getline(lines, line);) say(line);
  if (writes()) {
    write_json(dir_ / ("table_" + name + ".json"), {{"columns", columns}, {"rows", rows}});
  }
}

double Run::seconds() const {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - began_;
  return earlier_seconds + elapsed.count();
}

Metrics Run::finish(Metrics metrics) {
  metrics.emplace_back("seconds", seconds());
  metrics.emplace_back("peak_memory_bytes", peak_memory_bytes());
  if (!writes()) return metrics;
  Json result = Json::object();
  for (const auto& [name, value] : metrics) result[name] = number_or_null(value);
  write_json(dir_ / "result.json", result);
  return metrics;
}

void Run::discard_if_empty() {
  if (!writes() || resumed_ || logged_ || fs::exists(dir_ / "checkpoint")) return;
  words_.reset();
  std::error_code ignored;
  fs::remove_all(dir_, ignored);
}

fs::path newest_run(const std::string& week, const std::string& file) {
  fs::path newest;
  fs::file_time_type newest_time;
  std::error_code error;  // a folder that cannot be read, or was just removed, is passed over
  fs::recursive_directory_iterator entries(source_dir() / "runs" / week,
                                           fs::directory_options::skip_permission_denied, error);
  for (; entries != fs::recursive_directory_iterator(); entries.increment(error)) {
    if (entries->path().filename() != file) continue;
    const auto time = entries->last_write_time(error);
    if (newest.empty() || time > newest_time) {
      newest = entries->path().parent_path();
      newest_time = time;
    }
  }
  return newest;
}

bool has_checkpoint(const fs::path& dir) {
  return fs::is_directory(dir / "checkpoint") && !fs::is_empty(dir / "checkpoint");
}

std::optional<Metrics> finished_result(const fs::path& dir) {
  if (!fs::exists(dir / "result.json")) return std::nullopt;
  const Json json = read_json(dir / "result.json");
  require(json.is_object(), (dir / "result.json").string() + " is no object of numbers");
  Metrics metrics;
  for (const auto& [name, value] : json.items()) {
    metrics.emplace_back(name, value.is_number() ? value.get<double>() : NAN);
  }
  return metrics;
}

std::string text_table(const std::vector<std::string>& columns,
                       const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> width;
  for (const auto& column : columns) width.push_back(column.size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size() && i < width.size(); ++i) {
      width[i] = std::max(width[i], row[i].size());
    }
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t i = 0; i < width.size(); ++i) {
      const std::string cell = i < cells.size() ? cells[i] : "";
      const std::string blanks(width[i] - cell.size(), ' ');
      text += (i == 0 ? cell + blanks : "  " + blanks + cell);  // words left, numbers right
    }
    return text + "\n";
  };
  std::string rule;
  for (std::size_t i = 0; i < width.size(); ++i) {
    rule += (i == 0 ? "" : "  ") + std::string(width[i], '-');
  }
  std::string text = line(columns) + rule + "\n";
  for (const auto& row : rows) text += line(row);
  return text;
}

}  // namespace common::base
