// ./dev data: lists the data sets, fetches and verifies them. `data --help` shows the flags.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/interrupt.h"
#include "common/base/paths.h"
#include "common/data/catalogue.h"
#include "common/data/fetch.h"

namespace {

namespace data = common::data;
using common::base::human_bytes;

struct Flags {
  std::vector<std::string> sets;
  std::string data_dir, mirror;
  bool all = false, force = false, mirror_only = false, verify = false;
};

// How far a file is: one line redrawn on a terminal, a line every five seconds elsewhere.
class ProgressLine {
 public:
  void show(const data::FetchProgress& now) {
    const auto time = Clock::now();
    const double seconds = std::chrono::duration<double>(time - shown_).count();
    const bool whole = now.total_bytes != 0 && now.done_bytes >= now.total_bytes;
    if (seconds < (terminal_ ? 0.1 : 5.0) && !(terminal_ && whole && open_)) return;
    if (!terminal_ && now.done_bytes == 0) return;
    shown_ = time;
    std::string line = now.file + "  " + human_bytes(now.done_bytes);
    if (now.total_bytes != 0) {
      line += " of " + human_bytes(now.total_bytes) + "  " +
              std::to_string(100 * now.done_bytes / now.total_bytes) + " %";
    }
    std::fprintf(stderr, terminal_ ? "\r\033[K%s" : "%s\n", line.c_str());
    open_ = terminal_;
  }

  // Ends a line that is being redrawn, so that others may follow.
  void clear() {
    if (open_) std::fputs("\r\033[K", stderr);
    open_ = false;
  }

 private:
  using Clock = std::chrono::steady_clock;
  const bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool open_ = false;
  Clock::time_point shown_ = Clock::now();
};

void list(const data::Catalogue& catalogue, const std::string& data_dir) {
  std::size_t width = 0;
  for (const auto& set : catalogue.sets) width = std::max(width, set.name.size());
  for (const auto& set : catalogue.sets) {
    std::printf("%-*s  %-7s  %8s  %s\n%-*s  licence: %s\n", static_cast<int>(width),
                set.name.c_str(), data::is_present(set, data_dir) ? "present" : "absent",
                human_bytes(set.download_bytes()).c_str(), set.title.c_str(),
                static_cast<int>(width), "", set.licence.c_str());
  }
  std::printf("in %s; ./dev data SET... fetches, ./dev data --verify reads all again\n",
              data_dir.c_str());
}

void fetch(const data::DataSet& set, const Flags& flags) {
  ProgressLine progress;
  data::FetchOptions options;
  options.data_dir = flags.data_dir;
  options.mirror = flags.mirror;
  options.mirror_only = flags.mirror_only;
  options.force = flags.force;
  options.progress = [&](const data::FetchProgress& now) { progress.show(now); };
  options.say = [&](const std::string& line) {
    progress.clear();
    std::fprintf(stderr, "%s\n", line.c_str());
  };
  options.stop = common::base::interrupted;
  const bool was_present = !flags.force && data::is_present(set, flags.data_dir);
  try {
    const std::filesystem::path folder = data::fetch(set, options);
    progress.clear();
    std::printf("%s: %s %s\n", set.name.c_str(),
                was_present ? "is already in" : "fetched and verified, in", folder.c_str());
  } catch (...) {
    progress.clear();
    throw;
  }
}

// Returns whether all is well.
bool verify(const data::DataSet& set, const Flags& flags) {
  common::base::require(std::filesystem::is_directory(flags.data_dir + "/" + set.name),
                        set.name + " is not in " + flags.data_dir + "; run ./dev data " + set.name);
  const std::vector<std::string> wrong =
      data::verify(set, flags.data_dir, common::base::interrupted);
  for (const std::string& line : wrong) std::fprintf(stderr, "%s\n", line.c_str());
  if (wrong.empty()) std::printf("%s: every file is as it was fetched\n", set.name.c_str());
  if (!wrong.empty()) {
    std::fprintf(stderr, "%s: run ./dev data %s --force\n", set.name.c_str(), set.name.c_str());
  }
  return wrong.empty();
}

int run(const Flags& flags) {
  const data::Catalogue catalogue = data::built_in_catalogue();
  std::vector<data::DataSet> sets;
  for (const std::string& name : flags.sets) sets.push_back(catalogue.find(name));
  if (flags.all) sets = catalogue.sets;
  if (flags.verify && flags.sets.empty()) {
    sets.clear();
    for (const auto& set : catalogue.sets) {
      if (data::is_present(set, flags.data_dir)) sets.push_back(set);
    }
  } else if (sets.empty()) {
    list(catalogue, flags.data_dir);
    return 0;
  }
  bool well = true;
  for (const auto& set : sets) {
    if (flags.verify) {
      well = verify(set, flags) && well;
    } else {
      fetch(set, flags);
    }
  }
  return well ? 0 : 2;
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  flags.data_dir = (common::base::source_dir() / "data").string();
  if (const char* mirror = std::getenv("DATA_MIRROR")) flags.mirror = mirror;
  CLI::App app("Lists the data sets of the course; with names, fetches them.", "./dev data");
  app.add_option("SET", flags.sets, "sets to fetch; none: list them");
  app.add_option("--data-dir", flags.data_dir, "where the sets are kept")->capture_default_str();
  app.add_option("--mirror", flags.mirror,
                 "a folder or an http(s) address laid out by set name, asked first; "
                 "DATA_MIRROR of the environment by default");
  app.add_flag("--mirror-only", flags.mirror_only, "never ask a set's official address");
  app.add_flag("--all", flags.all, "every set");
  app.add_flag("--force", flags.force, "fetch anew what is present");
  app.add_flag("--verify", flags.verify, "read what is present again and compare its sums");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "data: %s; ./dev data --help shows the flags\n", error.what());
    return 2;
  }
  try {
    common::base::catch_interrupts();
    return run(flags);
  } catch (const common::base::Interrupted&) {
    std::fprintf(stderr, "interrupted; the same command goes on from here\n");
    return 130;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "data: %s\n", error.what());
    return 2;
  }
}
