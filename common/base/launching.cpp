#include "common/base/launching.h"

#include "common/base/error.h"
#include "common/base/interrupt.h"

namespace common::base {
namespace fs = std::filesystem;
namespace {

constexpr int kUsersError = 2, kInterrupted = 130;

// The arguments with which each rank is started.
std::vector<std::string> arguments_of_ranks(const Flags& flags, const RunConfig& config,
                                            const fs::path& dir, bool resume) {
  std::vector<std::string> arguments = {config.command};
  const auto add = [&](const std::string& name, const std::string& value) {
    if (!value.empty()) arguments.push_back("--" + name + "=" + value);
  };
  if (resume) {
    add("resume", dir.string());
  } else {
    arguments.insert(arguments.end(), flags.words.begin(), flags.words.end());
    add("preset", flags.preset);
    add("config", flags.config);
    for (const auto& [name, text] : flags.settings) {
      if (text.empty()) arguments.insert(arguments.end(), {"--" + name, ""});
      add(name, text);
    }
    add("device", flags.device);
    add("precision", flags.precision);
    add("seed", std::to_string(config.seed));
    add("out", dir.string());
  }
  if (flags.threads > 0) add("threads", std::to_string(flags.threads));
  add("data-dir", flags.data_dir);
  if (flags.trace) arguments.push_back("--trace");
  return arguments;
}

}  // namespace

Metrics run_on_ranks(const Launching& launching, const Flags& flags, const RunConfig& config,
                     const fs::path& dir, bool resume) {
  if (const auto done = resume ? finished_result(dir) : std::nullopt) return *done;
  for (std::int64_t left = flags.restarts;; --left) {
    const int code = launching.start(flags.nproc, arguments_of_ranks(flags, config, dir, resume));
    if (code == kInterrupted) throw Interrupted();
    if (code == 0) {
      const auto result = finished_result(dir);
      require(result.has_value(), "the ranks ended, but left no " + (dir / "result.json").string());
      return *result;
    }
    if (interrupted()) throw Interrupted();
    if (left == 0 || code == kUsersError) throw RanksFailed{code};
    resume = fs::exists(dir / "config.json");
    Run().say("starting all " + std::to_string(flags.nproc) + " ranks again" +
              (has_checkpoint(dir) ? " from the last checkpoint" : "") + "; " +
              std::to_string(left - 1) + " restarts are left");
  }
}

}  // namespace common::base
