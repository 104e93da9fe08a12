#include "common/base/program.h"

#include <ATen/Parallel.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <string_view>

#include "common/base/device.h"
#include "common/base/error.h"
#include "common/base/expect.h"
#include "common/base/files.h"
#include "common/base/interrupt.h"
#include "common/base/nearest.h"
#include "common/base/paths.h"
#include "common/base/presets.h"

namespace common::base {
namespace fs = std::filesystem;
namespace {

std::string date_time() {
  const std::time_t now = std::time(nullptr);
  char text[32];
  struct tm local = {};
  ::localtime_r(&now, &local);
  std::strftime(text, sizeof text, "%Y%m%d-%H%M%S", &local);
  return text;
}

// runs/WEEK/[COMMAND-]PRESET-DATE, one that does not exist yet; made now if it is to be written, so
// that no other run takes the name.
fs::path default_out(const RunConfig& config, bool make) {
  std::string name = config.command == "train" ? "" : config.command + "-";
  if (!config.preset.empty()) name += config.preset + "-";
  const fs::path base = source_dir() / "runs" / config.week / (name + date_time());
  if (make) make_folder(base.parent_path());
  fs::path dir = base;
  for (int i = 2; make ? !fs::create_directory(dir) : fs::exists(dir); ++i) {
    dir = base.string() + "-" + std::to_string(i);
  }
  return dir;
}

// Removes a folder in the end when nothing came into it.
struct RemovedIfEmpty {
  fs::path dir;
  ~RemovedIfEmpty() {
    std::error_code has_something;
    if (!dir.empty()) fs::remove(dir, has_something);
  }
};

std::string call(const RunConfig& config) {
  return "./dev run " + config.week + (config.command == "train" ? "" : " " + config.command);
}

// A text as a shell takes it for one word.
std::string quoted(const std::string& text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("-_./:,+@%").find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (plain) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

std::string default_device(bool computes_mixed) { return computes_mixed ? "auto" : "cpu"; }

// What to type to get this run: the preset and the settings that differ from it.
std::string command_line(const RunConfig& config, const Command& command,
                         const Json& preset_settings, bool computes_mixed) {
  std::string line = call(config);
  if (config.preset != command.default_preset) line += " --preset " + config.preset;
  for (const auto& word : config.words) line += " " + quoted(word);
  for (const auto& [name, value] : config.settings.items()) {
    if (value == preset_settings[name]) continue;
    std::string text = value.is_string() ? quoted(value.get<std::string>()) : value.dump();
    if (value.is_array()) text = text == "[]" ? "''" : text.substr(1, text.size() - 2);
    line += " --" + name + " " + text;
  }
  if (config.device != default_device(computes_mixed)) line += " --device " + config.device;
  if (config.precision != "auto") line += " --precision " + config.precision;
  if (config.threads > 0) line += " --threads " + std::to_string(config.threads);
  return line;
}

// One seed's run in its directory; a finished one of a resumed series is read, not run again. Of
// several ranks only the first writes.
Metrics run_seed(const Command& command, const RunConfig& config, const Json& env,
                 const fs::path& dir, bool resume, bool first_rank) {
  if (const auto done = resume ? finished_result(dir) : std::nullopt) return *done;
  Run run = first_rank ? Run(config, env, dir, resume) : Run::follower(config, dir, resume);
  if (resume && !has_checkpoint(dir)) run.rewind(0);  // stopped before it saved: from the start
  try {
    return run.finish(command.body(run));
  } catch (...) {
    run.discard_if_empty();
    throw;
  }
}

// Trains one seed in a directory.
using OneRun = std::function<Metrics(const RunConfig& config, const fs::path& dir, bool resume)>;

// Seeds 0 to `seeds` - 1, each in DIR/seed-N.
std::vector<Metrics> run_seeds(const OneRun& one_run, const RunConfig& config, const Json& env,
                               const fs::path& dir, bool resume, std::int64_t seeds) {
  if (!resume) {
    Run series(config, env, dir);  // makes the directory and checks that it is free
    Json json = config.to_json();
    json["seeds"] = seeds;
    write_json(dir / "config.json", json);
  }
  std::vector<Metrics> results;
  for (std::int64_t seed = 0; seed < seeds; ++seed) {
    RunConfig one = config;
    one.seed = seed;
    const fs::path seed_dir = dir / ("seed-" + std::to_string(seed));
    Run().say("seed " + std::to_string(seed));
    try {
      results.push_back(one_run(one, seed_dir, fs::exists(seed_dir / "config.json")));
    } catch (...) {  // nothing was begun
      std::error_code ignored;
      if (seed == 0 && !resume && !fs::exists(seed_dir)) fs::remove_all(dir, ignored);
      throw;
    }
  }
  return results;
}

// Prints each metric over the seeds and writes the means to DIR/result.json.
void report_seeds(const std::vector<Spread>& measured, std::int64_t seeds, const fs::path& dir) {
  Json result = {{"seeds", seeds}};
  for (const auto& spread : measured) {
    Run().say(spread.name + " = " + describe(spread));
    result[spread.name] = spread.mean();
    result[spread.name + "_sd"] = spread.deviation();
    result[spread.name + "_min"] = spread.least();
    result[spread.name + "_max"] = spread.most();
  }
  write_json(dir / "result.json", result);
}

// After Ctrl-C.
void say_how_to_go_on(const RunConfig& config, const Flags& flags, const fs::path& dir) {
  if (!fs::exists(dir)) {
    std::fprintf(stderr, "stopped\n");
    return;
  }
  const bool saved = has_checkpoint(dir) || (flags.seeds > 0 && fs::exists(dir / "seed-0"));
  std::string how = call(config) + " --resume " + quoted(fs::absolute(dir).string());
  if (flags.nproc > 1) how += " --nproc " + std::to_string(flags.nproc);
  if (flags.restarts > 0) how += " --restarts " + std::to_string(flags.restarts);
  for (const auto& text : flags.expect) how += " --expect '" + text + "'";
  std::fprintf(stderr, "%s: %s\n",
               saved ? "stopped and saved; go on with" : "stopped; begin it again with",
               how.c_str());
}

}  // namespace

Program::Program(std::string week, std::string about)
    : week_(std::move(week)), about_(std::move(about)) {}

void Program::print_help() const {
  const auto row = [](const std::string& name, const std::string& text) {
    std::printf("  %-14s %s\n", name.c_str(), text.c_str());
  };
  std::printf("%s\n\nUsage: ./dev run %s [COMMAND] [flags]\n\nCommands:\n", about_.c_str(),
              week_.c_str());
  for (const auto& command : commands_) {
    row(command.name, command.about + (&command == &commands_[0] ? " (the default)" : ""));
  }
  std::printf("\nPresets:\n");
  for (const auto& name : preset_names(week_)) row(name, read_preset(week_, name).about);
  std::printf("\nThe flags of a command: ./dev run %s COMMAND --help\n", week_.c_str());
}

const Command& Program::choose(std::vector<std::string>& arguments) const {
  if (arguments.empty() || arguments[0].rfind("-", 0) == 0) return commands_.at(0);
  const std::string name = arguments[0];
  arguments.erase(arguments.begin());
  std::vector<std::string> names;
  for (const auto& command : commands_) {
    if (command.name == name) return command;
    names.push_back(command.name);
  }
  throw Error(week_ + " has no command \"" + name.substr(0, 60) + "\"" + did_you_mean(name, names) +
              " (there are " + join(names) + ")");
}

RunConfig Program::configure(const Command& command, Flags& flags) const {
  Settings& settings = *command.settings;
  RunConfig config;
  config.week = week_;
  config.command = command.name;
  config.preset = flags.preset.empty() ? command.default_preset : flags.preset;
  if (!config.preset.empty()) {
    settings.apply(read_preset(week_, config.preset).settings, "preset " + config.preset);
  }
  const Json preset_settings = settings.to_json();
  if (!flags.config.empty()) apply_file(settings, flags.config);
  for (const auto& [name, text] : flags.settings) {
    settings.find(name, "--" + name).set_text(text, "--" + name);
  }
  config.settings = settings.to_json();
  config.device = flags.device;
  config.precision = flags.precision;
  config.words = flags.words;
  config.trace = flags.trace;
  config.data_dir = flags.data_dir.empty() ? source_dir() / "data" : fs::absolute(flags.data_dir);
  config.seed = flags.seed;
  config.threads = flags.threads;
  config.command_line = command_line(config, command, preset_settings, computes_mixed_);
  if (launching_.size > 1) config.command_line += " --nproc " + std::to_string(launching_.size);
  return config;
}

RunConfig Program::configure_resumed(const Command& command, Flags& flags) const {
  const fs::path file = fs::path(flags.resume) / "config.json";
  require(fs::exists(file), "--resume: " + flags.resume + " holds no run (no config.json)");
  const Json json = read_json(file);
  RunConfig config = RunConfig::from_json(json, file.string());
  require(config.week == week_ && config.command == command.name,
          "--resume: " + flags.resume + " is a run of " + call(config) + ", this is " + week_ +
              " " + command.name);
  command.settings->apply(config.settings, file.string());
  if (json.contains("seeds") && json["seeds"].is_number_integer()) flags.seeds = json["seeds"];
  if (!flags.data_dir.empty()) config.data_dir = fs::absolute(flags.data_dir);
  if (flags.threads > 0) config.threads = flags.threads;
  config.trace = flags.trace;
  return config;
}

int Program::show(const Command& command, Flags& flags) const {
  const RunConfig config = configure(command, flags);
  if (config.threads > 0) at::set_num_threads(static_cast<int>(config.threads));
  catch_interrupts();
  try {
    command.page(config);
  } catch (const Interrupted&) {
    return 130;
  }
  return 0;
}

int Program::run(std::vector<std::string> arguments) {
  launching_ = make_launching_();
  if (!arguments.empty() && (arguments[0] == "--help" || arguments[0] == "-h")) {
    print_help();
    return 0;
  }
  const Command& command = choose(arguments);
  const FlagContext context{week_,
                            command.name,
                            command.about,
                            command.default_preset,
                            preset_names(week_),
                            !command.page,
                            command.words,
                            default_device(computes_mixed_),
                            computes_mixed_,
                            launching_.start != nullptr};
  Flags flags = parse_flags(context, *command.settings, std::move(arguments));
  if (flags.help) return 0;
  if (command.page) return show(command, flags);
  std::vector<Expectation> expectations;
  for (const auto& text : flags.expect) expectations.push_back(parse_expectation(text));
  if (launching_.attempt > 0 && flags.resume.empty() && !flags.out.empty() &&
      fs::exists(fs::path(flags.out) / "config.json")) {
    flags.resume = flags.out;  // started again with the words of the first start
  }
  const bool resume = !flags.resume.empty();
  const RunConfig config = resume ? configure_resumed(command, flags) : configure(command, flags);
  const fs::path dir = resume              ? fs::path(flags.resume)
                       : flags.out.empty() ? default_out(config, launching_.rank == 0)
                                           : fs::path(flags.out);
  const RemovedIfEmpty unused{resume || !flags.out.empty() ? fs::path() : dir};
  if (config.threads > 0) at::set_num_threads(static_cast<int>(config.threads));
  Json env = environment(pick_device(config.device));
  env["ranks"] = launching_.size;
  require(
      launching_.size == 1 || (flags.nproc == 1 && flags.seeds == 0 && flags.restarts == 0),
      "--nproc, --seeds and --restarts start ranks, but this process is one already (WORLD_SIZE "
      "is set)");
  const OneRun one_run = [&](const RunConfig& one, const fs::path& one_dir, bool goes_on) {
    return flags.nproc > 1 || flags.restarts > 0
               ? run_on_ranks(launching_, flags, one, one_dir, goes_on)
               : run_seed(command, one, env, one_dir, goes_on, launching_.rank == 0);
  };
  const bool speaks = launching_.rank == 0 && !launching_.by_us;
  catch_interrupts(/*by_parent=*/launching_.by_us);
  try {
    const auto results = flags.seeds > 0 ? run_seeds(one_run, config, env, dir, resume, flags.seeds)
                                         : std::vector<Metrics>{one_run(config, dir, resume)};
    const auto measured = spreads(results);
    if (flags.seeds > 0) report_seeds(measured, flags.seeds, dir);
    Run words = speaks ? Run() : Run::follower({}, {});
    words.say("run directory: " + dir.string());
    return judge(expectations, measured, words) ? 0 : 1;
  } catch (const RanksFailed& failed) {
    return failed.code;
  } catch (const Interrupted&) {
    if (speaks) say_how_to_go_on(config, flags, dir);
    return 130;
  }
}

int Program::main(int argc, char** argv) {
  const auto fail = [](const std::string& what, int code) {
    std::cout << std::flush;
    std::fprintf(stderr, "error: %s\n", what.c_str());
    return code;
  };
  try {
    return run(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const Error& error) {
    return fail(error.what(), 2);
  } catch (const fs::filesystem_error& error) {
    return fail(error.what(), 2);
  } catch (const c10::Error& error) {
    return fail(std::string("LibTorch: ") + error.what_without_backtrace(), 3);
  } catch (const std::exception& error) {
    return fail(error.what(), 3);
  }
}

}  // namespace common::base
