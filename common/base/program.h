// A week's command line: presets, settings as flags, seeds, expectations, resume, errors.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/flags.h"
#include "common/base/launching.h"
#include "common/base/run.h"
#include "common/base/settings.h"

namespace common::base {

/// A week's subcommand.
struct Command {
  std::string name, about;
  std::string default_preset;  ///< "" when the command takes no preset
  std::shared_ptr<Settings> settings;
  std::function<Metrics(Run&)> body;
  std::function<void(const RunConfig&)> page;  ///< in place of `body`, for what leaves no run
  std::string words;  ///< what it takes besides flags, as IMAGE; "" for nothing
};

/// A week's executable: `WEEK [COMMAND] [flags]`. The first command is the default.
///
///     Program week("week01_mlp_xor", "An MLP by hand learns XOR");
///     week.command<Config>("train", "train a preset", "xor", describe, train);
///     return week.main(argc, argv);
class Program {
 public:
  Program(std::string week, std::string about);

  /// Adds a command. `describe` binds the settings to a Config, `body(config, run)` runs it and
  /// returns the final metrics.
  template <class Config, class Body>
  void command(const std::string& name, const std::string& about, const std::string& preset,
               void (*describe)(Settings&, Config&), Body body) {
    auto config = std::make_shared<Config>();
    auto settings = std::make_shared<Settings>();
    describe(*settings, *config);
    commands_.push_back({name,
                         about,
                         preset,
                         settings,
                         [config, body](Run& run) { return body(*config, run); },
                         {},
                         {}});
  }

  /// Lets the command that was added last take words besides flags, say file names: Run's config()
  /// has them. `what` stands for one in --help.
  void takes_words(const std::string& what) { commands_.back().words = what; }

  /// From now on a GPU is taken where there is one, and --precision and --trace are flags: for
  /// weeks whose networks are worth it.
  void computes_mixed() { computes_mixed_ = true; }

  /// From now on --nproc and --restarts are flags. Where this process is a rank that is not the
  /// first, its runs write and say nothing. Args: `launching()` is asked once, by run().
  void trains_on_ranks(std::function<Launching()> launching) {
    make_launching_ = std::move(launching);
  }

  /// Adds a command that shows something until Ctrl-C and leaves no run: a page. Its RunConfig says
  /// which device, threads and data. `Interrupted` says that it was not shown.
  template <class Config, class Body>
  void page(const std::string& name, const std::string& about, void (*describe)(Settings&, Config&),
            Body body) {
    auto config = std::make_shared<Config>();
    auto settings = std::make_shared<Settings>();
    describe(*settings, *config);
    commands_.push_back({name,
                         about,
                         "",
                         settings,
                         {},
                         [config, body](const RunConfig& run) { body(*config, run); },
                         {}});
  }

  /// Runs one command, as main() does, but throws what goes wrong.
  /// Returns: 0; 1 when an --expect was missed; 130 after Ctrl-C.
  int run(std::vector<std::string> arguments);

  /// Runs what the arguments say. Catches everything.
  /// Returns: 0; 1 when an --expect was missed; 2 for a user's error, told in one line; 130 after
  /// Ctrl-C; 3 for a fault of ours.
  int main(int argc, char** argv);

 private:
  const Command& choose(std::vector<std::string>& arguments) const;
  int show(const Command& command, Flags& flags) const;
  RunConfig configure(const Command& command, Flags& flags) const;
  RunConfig configure_resumed(const Command& command, Flags& flags) const;
  void print_help() const;
  std::string week_, about_;
  std::vector<Command> commands_;
  bool computes_mixed_ = false;
  std::function<Launching()> make_launching_ = [] { return Launching(); };
  Launching launching_;
};

}  // namespace common::base
