#include "tools/results/records.h"

#include <algorithm>
#include <ctime>
#include <functional>
#include <regex>
#include <set>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/nearest.h"
#include "tools/results/published.h"

namespace tools {
namespace fs = std::filesystem;
using common::base::Error;
using common::base::Json;
using common::base::read_json;
using common::base::require;
using common::base::RunConfig;
namespace {

// What a record names comes into commands.
const std::regex kCommit("[0-9a-f]{40}"), kWeek("week[0-9]+_[a-z0-9_]+"), kPreset("[a-z0-9-]*");

std::string today() {
  const std::time_t now = std::time(nullptr);
  struct tm local = {};
  ::localtime_r(&now, &local);
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", &local);
  return text;
}

// Flags in a run's command line are what differs from its preset; how many ranks shared the cores
// does not.
bool is_plain_preset(const std::string& command_line) {
  const bool ranks = command_line.find(" --nproc ") != std::string::npos;
  static const std::regex flag(" --([a-z0-9-]+)");
  for (auto i = std::sregex_iterator(command_line.begin(), command_line.end(), flag);
       i != std::sregex_iterator(); ++i) {
    const std::string name = (*i)[1];
    if (name != "preset" && !(ranks && (name == "nproc" || name == "threads"))) return false;
  }
  return true;
}

Json tables_of(const fs::path& dir) {
  Json tables = Json::object();
  for (const auto& entry : fs::directory_iterator(dir)) {
    const std::string name = entry.path().filename();
    if (name.rfind("table_", 0) == 0 && entry.path().extension() == ".json") {
      tables[name.substr(6, name.size() - 11)] = read_json(entry.path());
    }
  }
  return tables;
}

// What a run computed in, as its log tells, or those of the runs in its folder; fp32 is what
// LibTorch takes where nobody asks for another.
std::string precision_of(const fs::path& dir) {
  static const std::regex said("(^|\n)[^ \n]+ computes in ([a-z]+[0-9]+)");
  std::set<std::string> words;
  for (const auto& entry : fs::recursive_directory_iterator(dir)) {
    if (entry.path().filename() != "log.txt") continue;
    const std::string log = common::base::read_file(entry.path());
    for (auto i = std::sregex_iterator(log.begin(), log.end(), said); i != std::sregex_iterator();
         ++i) {
      words.insert((*i)[2]);
    }
  }
  if (words.empty()) return "fp32";
  return common::base::join({words.begin(), words.end()});
}

fs::path add_one(const fs::path& root, const fs::path& dir) {
  require(fs::exists(dir / "config.json"), dir.string() + " is no run directory");
  require(fs::exists(dir / "result.json"),
          dir.string() + " holds a run that did not finish; --resume it first");
  const RunConfig config =
      RunConfig::from_json(read_json(dir / "config.json"), (dir / "config.json").string());
  const Json env = read_json(dir / "env.json");
  const std::string commit = env.value("commit", "unknown");
  require(std::regex_match(commit, kCommit), dir.string() +
                                                 " was run from sources that are not committed (" +
                                                 commit + "); commit them and run again");
  require(is_plain_preset(config.command_line),
          dir.string() + " was run with settings of its own (" + config.command_line +
              "); make a preset of them first");
  require(fs::is_directory(root / config.week), "there is no " + config.week + " here");
  const std::string name = record_name(config.command, config.preset),
                    seed = std::to_string(config.seed);
  const std::int64_t ranks = env.value("ranks", std::int64_t{1});
  const auto measured = common::base::spreads({*common::base::finished_result(dir)});
  for (const Published& published : read_published(root, config.week)) {
    if (published.record_name() != name) continue;
    require(published.nproc == ranks, dir.string() + " was run on " + std::to_string(ranks) +
                                          " ranks, " + published.number + " is published for " +
                                          std::to_string(published.nproc));
    for (const auto& text : published.expect) {
      const auto metric = common::base::parse_expectation(text).metric;
      require(
          common::base::find_spread(measured, metric).has_value(),
          dir.string() + " has not measured " + metric + ", which " + published.number + " wants");
    }
  }
  Json metrics = read_json(dir / "result.json");
  const double seconds = metrics.value("seconds", 0.0);
  Json record = {{"week", config.week},
                 {"preset", config.preset},
                 {"seed", config.seed},
                 {"command", config.command_line + (config.seed == 0 ? "" : " --seed " + seed)},
                 {"commit", commit},
                 {"date", today()},
                 {"precision", precision_of(dir)},
                 {"seconds", seconds},
                 {"metrics", std::move(metrics)},
                 {"env", env}};
  const Json tables = tables_of(dir);
  if (!tables.empty()) record["tables"] = tables;
  const fs::path results = root / config.week / "results";
  common::base::make_folder(results);
  const fs::path file = results / (name + "-s" + seed + "-" + today() + ".json");
  common::base::write_json(file, record);
  const auto records = read_records(root, config.week);
  for (const Record& old : records.at(name)) {
    if (old.seed == config.seed && old.file != file) fs::remove(old.file);
  }
  return file;
}

fs::path seed_dir(const fs::path& run_dir, int seed) {
  return run_dir / ("seed-" + std::to_string(seed));
}

// A series stands as a whole: removes the records of the same name that are not of it.
void keep_only(const fs::path& root, const std::vector<fs::path>& files) {
  const auto records = read_records(root, read_json(files.at(0)).at("week").get<std::string>());
  for (const auto& [name, list] : records) {
    const bool ours = std::any_of(list.begin(), list.end(),
                                  [&](const Record& record) { return record.file == files[0]; });
    for (const Record& record : list) {
      if (ours && std::find(files.begin(), files.end(), record.file) == files.end()) {
        fs::remove(record.file);
      }
    }
  }
}

// What `of` says of the records, each word once: one, unless seeds were added apart.
std::string words_of(const std::vector<Record>& records,
                     const std::function<std::string(const Record&)>& of) {
  std::vector<std::string> words;
  for (const Record& record : records) {
    if (std::find(words.begin(), words.end(), of(record)) == words.end()) {
      words.push_back(of(record));
    }
  }
  return common::base::join(words);
}

}  // namespace

std::vector<std::string> weeks(const fs::path& root) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(root)) {
    const std::string name = entry.path().filename();
    if (std::regex_match(name, kWeek)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::map<std::string, std::vector<Record>> read_records(const fs::path& root,
                                                        const std::string& week) {
  std::map<std::string, std::vector<Record>> records;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(root / week / "results", missing)) {
    if (entry.path().extension() != ".json") continue;
    const Json json = read_json(entry.path());
    try {
      Record record;
      record.file = entry.path();
      record.week = json.at("week");
      record.preset = json.at("preset");
      record.seed = json.at("seed");
      record.command = json.at("command");
      record.commit = json.at("commit");
      require(std::regex_match(record.commit, kCommit),
              entry.path().string() + " is no record: its commit is no hash");
      require(std::regex_match(record.week, kWeek) && std::regex_match(record.preset, kPreset),
              entry.path().string() + " is no record: its week or preset has no such name");
      record.date = json.at("date");
      record.precision = json.at("precision");
      record.seconds = json.at("seconds");
      record.env = json.at("env");
      record.tables = json.value("tables", Json::object());
      for (const auto& [name, value] : json.at("metrics").items()) {
        record.metrics.emplace_back(name, value.is_number() ? value.get<double>() : NAN);
      }
      const std::string stem = entry.path().stem();
      record.name = stem.substr(0, stem.rfind("-s" + std::to_string(record.seed) + "-"));
      records[record.name].push_back(std::move(record));
    } catch (const Json::exception& error) {
      throw Error(entry.path().string() + " is no record: " + error.what());
    }
  }
  for (auto& [name, list] : records) {
    std::sort(list.begin(), list.end(),
              [](const Record& a, const Record& b) { return a.seed < b.seed; });
  }
  return records;
}

std::vector<common::base::Metrics> metrics_of(const std::vector<Record>& records) {
  std::vector<common::base::Metrics> runs;
  for (const Record& record : records) runs.push_back(record.metrics);
  return runs;
}

std::string commits_of(const std::vector<Record>& records) {
  return words_of(records, [](const Record& record) { return record.commit.substr(0, 10); });
}

std::string how_measured(const std::vector<Record>& records) {
  const auto of_env = [&](const char* name) {
    return words_of(records, [name](const Record& record) {
      const Json value = record.env.value(name, Json("?"));
      return value.is_string() ? value.get<std::string>() : value.dump();
    });
  };
  const auto dates = words_of(records, [](const Record& record) { return record.date; });
  const auto processors = words_of(records, [](const Record& record) {
    return record.env.value("processor", "?") + " (" + record.env.value("instruction_set", "?") +
           ")";
  });
  const auto precisions = words_of(records, [](const Record& record) { return record.precision; });
  const std::string threads = of_env("threads");
  return "Measured " + dates + " at commit " + commits_of(records) + " on " + processors + ", " +
         of_env("device") + ", " + threads + (threads == "1" ? " thread, " : " threads, ") +
         precisions + ", LibTorch " + of_env("libtorch") + ", " + of_env("system");
}

std::vector<fs::path> add_run(const fs::path& root, const fs::path& run_dir) {
  require(fs::exists(run_dir / "config.json"), run_dir.string() + " is no run directory");
  const Json config = read_json(run_dir / "config.json");
  const bool series = config.is_object() && config.contains("seeds");
  const int seeds = series ? config["seeds"].get<int>() : 0;
  for (int seed = 0; seed < seeds; ++seed) {
    require(fs::exists(seed_dir(run_dir, seed) / "result.json"),
            run_dir.string() + " did not finish seed " + std::to_string(seed) + " of " +
                std::to_string(seeds) + "; --resume it first");
  }
  std::vector<fs::path> files;
  for (int seed = 0; seed < seeds; ++seed) files.push_back(add_one(root, seed_dir(run_dir, seed)));
  if (!series) files.push_back(add_one(root, run_dir));
  if (series) keep_only(root, files);
  return files;
}

std::string record_name(const std::string& command, const std::string& preset) {
  if (command == "train") return preset;
  if (preset == command || preset.rfind(command + "-", 0) == 0) return preset;
  return preset.empty() ? command : command + "-" + preset;
}

}  // namespace tools
