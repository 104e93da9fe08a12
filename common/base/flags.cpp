#include "common/base/flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "common/base/error.h"
#include "common/base/json.h"
#include "common/base/nearest.h"

namespace common::base {
namespace {

// The texts of whole-number flags, before they are checked.
struct NumberTexts {
  std::string seed, seeds, threads, nproc, restarts;
};

void add_shared(CLI::App& app, const FlagContext& context, Flags& flags, NumberTexts& texts) {
  const auto add = [&](const std::string& name, auto& target, const std::string& help,
                       const std::string& type) {
    return app.add_option(name, target, help)->type_name(type)->group("Shared by all weeks");
  };
  if (!context.default_preset.empty()) {
    add("--preset", flags.preset,
        "start from a preset: " + join(context.presets) + " [" + context.default_preset + "]",
        "NAME");
    add("--config", flags.config, "then set what this JSON file says", "FILE");
  }
  if (context.leaves_run || context.computes_mixed) {
    add("--data-dir", flags.data_dir, "where ./dev data put the data sets [data]", "DIR");
    add("--device", flags.device, "auto, cpu, cuda or cuda:N [" + context.device + "]", "NAME");
    add("--threads", texts.threads, "threads that compute [all cores]", "N");
  }
  if (!context.leaves_run) return;
  add("--out", flags.out, "run directory [runs/" + context.week + "/PRESET-DATE]", "DIR");
  if (context.computes_mixed) {
    add("--precision", flags.precision,
        "auto, fp32, bf16 or fp16; auto is bf16 where the device has it [auto]", "NAME");
    app.add_flag("--trace", flags.trace, "write a Chrome trace of five steps to trace.json")
        ->group("Shared by all weeks");
  }
  if (context.trains_on_ranks) {
    add("--nproc", texts.nproc, "processes that train together on this machine [1]", "N");
    add("--restarts", texts.restarts,
        "how often all begin again from the last checkpoint when one fails [0]", "N");
  }
  add("--seed", texts.seed, "every random draw follows from it [0]", "N");
  add("--seeds", texts.seeds, "run seeds 0 to N-1; report mean and spread", "N");
  add("--expect", flags.expect,
      "as 'METRIC>=NUMBER': exit 1 if the mean misses it; may be repeated", "BAR")
      ->take_all()
      ->allow_extra_args(false);
  add("--resume", flags.resume, "go on with the interrupted run in this directory", "DIR");
}

std::int64_t whole_number(const std::string& text, const std::string& flag, std::int64_t low,
                          std::int64_t high) {
  std::int64_t value = 0;
  Setting(flag, &value, "")
      .range(static_cast<double>(low), static_cast<double>(high))
      .set_text(text, "--" + flag);
  return value;
}

// Returns the arguments that are no flags. Errors: `Error` for a flag that there is not, and for
// words where the command takes none.
std::vector<std::string> words_of(const CLI::App& app, const FlagContext& context) {
  const std::vector<std::string> extras = app.remaining();
  const auto flag = std::find_if(extras.begin(), extras.end(), [&](const std::string& extra) {
    return context.words.empty() || extra.rfind("-", 0) == 0;
  });
  if (flag == extras.end()) return extras;
  const std::string& extra = *flag;
  require(extra.rfind("-", 0) == 0, "what is \"" + extra.substr(0, 60) + "\"? Flags start with --");
  std::vector<std::string> names;
  for (const auto* option : app.get_options()) names.push_back(option->get_name());
  const std::string name = extra.substr(0, extra.find('='));
  throw Error(context.week + " " + context.command + " has no flag " + name.substr(0, 60) +
              did_you_mean(name, names) + " (--help lists them)");
}

}  // namespace

Flags parse_flags(const FlagContext& context, const Settings& settings,
                  std::vector<std::string> arguments) {
  for (const auto& argument : arguments) {
    require(is_plain_text(argument),
            "what is " + shown(argument) + "? It is no UTF-8, or has control characters");
  }
  Flags flags;
  NumberTexts texts;
  const std::string words = context.words.empty() ? "" : " " + context.words + "...";
  CLI::App app(context.about, context.week + " " + context.command + words);
  app.get_formatter()->column_width(34);
  flags.device = context.device;
  add_shared(app, context, flags, texts);
  std::map<std::string, std::vector<std::string>> given;
  for (const auto& setting : settings.all()) {
    const std::string help =
        setting.help() + "; " + setting.wanted() + " [" + setting.value().dump() + "]";
    auto* option = app.add_option("--" + setting.name(), given[setting.name()], help);
    option->group("Settings")->type_name(setting.is_flag() ? "" : "VALUE");
    option->expected(setting.is_flag() ? 0 : 1, 1)->allow_extra_args(false);
  }
  app.allow_extras();
  try {
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
    app.parse(arguments);
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    flags.help = true;
    return flags;
  } catch (const CLI::ParseError& error) {
    throw Error(std::string(error.what()).substr(0, 300));
  }
  flags.words = words_of(app, context);
  for (const auto& setting : settings.all()) {
    if (app.count("--" + setting.name()) == 0) continue;
    const auto& values = given[setting.name()];
    const bool bare = setting.is_flag() && (values.empty() || values.front().empty());
    flags.settings[setting.name()] = bare || values.empty() ? "true" : values.front();
  }
  if (!texts.threads.empty()) flags.threads = whole_number(texts.threads, "threads", 1, 1024);
  if (!context.leaves_run) return flags;
  const auto given_flag = [&](const char* name) { return app.count(name) > 0; };
  bool alone = flags.settings.empty();
  for (const char* name : {"--out", "--device", "--seed", "--seeds", "--precision"}) {
    alone = alone && !(app.get_option_no_throw(name) != nullptr && given_flag(name));
  }
  alone = alone && flags.preset.empty() && flags.config.empty();
  require(!given_flag("--resume") || alone,
          "--resume takes settings, seed, device and directory of the run that it resumes; only "
          "--threads, --data-dir, --nproc, --restarts and --expect may stand beside it");
  require(!given_flag("--seed") || !given_flag("--seeds"), "--seed and --seeds exclude each other");
  if (given_flag("--seed")) flags.seed = whole_number(texts.seed, "seed", 0, INT32_MAX);
  if (given_flag("--seeds")) flags.seeds = whole_number(texts.seeds, "seeds", 1, 1000);
  if (!texts.nproc.empty()) flags.nproc = whole_number(texts.nproc, "nproc", 1, 1024);
  if (!texts.restarts.empty()) flags.restarts = whole_number(texts.restarts, "restarts", 0, 1000);
  return flags;
}

}  // namespace common::base
