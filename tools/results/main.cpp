// `./dev results` and `./dev reproduce`: measured runs on record, and again.
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>

#include "common/base/error.h"
#include "common/base/paths.h"
#include "tools/results/changed.h"
#include "tools/results/published.h"
#include "tools/results/records.h"
#include "tools/results/tables.h"

namespace {
namespace fs = std::filesystem;
using namespace tools;

int check(const fs::path& root) {
  int stale = 0, valid = 0;
  for (const auto& week : weeks(root)) {
    for (const auto& [name, records] : read_records(root, week)) {
      for (const Record& record : records) {
        const auto changed = changed_since(root, record);
        (changed.empty() ? valid : stale) += 1;
        if (changed.empty()) continue;
        std::printf("stale: %s (changed since: %s%s)\n", fs::relative(record.file, root).c_str(),
                    changed[0].c_str(),
                    changed.size() > 1
                        ? (" and " + std::to_string(changed.size() - 1) + " more").c_str()
                        : "");
      }
    }
  }
  std::printf("%d records valid, %d stale\n", valid, stale);
  return stale == 0 ? 0 : 1;
}

// Runs an executable with the terminal it has; returns its exit code.
int execute(const fs::path& program, const std::vector<std::string>& arguments) {
  std::vector<char*> list = {const_cast<char*>(program.c_str())};
  for (const auto& argument : arguments) list.push_back(const_cast<char*>(argument.c_str()));
  list.push_back(nullptr);
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    ::execv(list[0], list.data());
    std::perror(list[0]);
    ::_exit(127);
  }
  common::base::require(child > 0, "cannot start " + program.string());
  // Ctrl-C is for the run, which saves; this waits for it.
  const auto before = std::signal(SIGINT, SIG_IGN);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  std::signal(SIGINT, before);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// What is on record for the metric, as " (on record: 0.9829)"; "" when nothing is.
std::string on_record(const fs::path& root, const Published& published, const std::string& metric) {
  const auto records = read_records(root, published.week);
  const auto found = records.find(published.record_name());
  if (found == records.end()) return "; nothing on record";
  const auto measured = common::base::spreads(metrics_of(found->second));
  const auto spread = common::base::find_spread(measured, metric);
  return spread ? "; on record " + describe(*spread) : "";
}

int reproduce(const fs::path& root, const fs::path& bin, const std::string& what) {
  int missed = 0;
  for (const auto& published : select_published(root, what)) {
    std::printf("\n%s %s\n    %s\n", published.number.c_str(), published.about.c_str(),
                published.command_line().c_str());
    auto arguments = published.arguments();
    const fs::path out =
        root / "runs" / "reproduce" / (published.number + "-" + std::to_string(std::time(nullptr)));
    arguments.insert(arguments.end(), {"--out", out.string()});
    const bool bench = published.is_bench();
    if (bench) arguments.insert(arguments.begin(), "bench");
    const int code = execute(bench ? root / "dev" : bin / published.week, arguments);
    if (code != 0 && (bench || code != 1)) return code;  // 1: a run that missed a bar
    missed += code;
    const fs::path dir = bench ? out / published.bench_case() : out;
    const auto result = common::base::finished_result(dir).value_or(common::base::Metrics{});
    for (const auto& text : published.expect) {
      const auto bar = common::base::parse_expectation(text);
      const auto found = std::find_if(result.begin(), result.end(), [&](const auto& metric) {
        return metric.first == bar.metric;
      });
      common::base::require(found != result.end() || !bench,
                            "the bench has not measured " + bar.metric);
      if (found == result.end()) continue;  // _max and its like: a series says them itself
      const auto& [name, value] = *found;
      std::printf("%s %s: %.6g now%s: %s\n", published.number.c_str(), name.c_str(), value,
                  on_record(root, published, name).c_str(), bar.holds(value) ? "met" : "MISSED");
      if (bench && !bar.holds(value)) ++missed;  // a run judges itself
    }
    std::printf("put it on record with: ./dev results add %s\n", fs::relative(dir, root).c_str());
  }
  return missed == 0 ? 0 : 1;
}

int run(int argc, char** argv) {
  CLI::App app("Measured runs on record", "results");
  app.require_subcommand(1);
  std::string what;
  std::vector<std::string> dirs;
  auto* add = app.add_subcommand("add", "put a finished run directory on record");
  add->add_option("RUN_DIR", dirs, "the run directory")->required();
  auto* check_command = app.add_subcommand("check", "say which records are stale");
  app.add_subcommand("generate", "write RESULTS.md and the tables of the READMEs");
  auto* again = app.add_subcommand("reproduce", "run published numbers again and compare");
  again->add_option("WHAT", what, "a week or a number as 01.2; all when left out");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    throw common::base::Error(std::string("results: ") + error.what() +
                              " (--help lists the words)");
  }
  const fs::path root = common::base::source_dir();
  if (add->parsed()) {
    for (const auto& dir : dirs) {
      for (const auto& file : add_run(root, dir)) {
        std::printf("recorded %s\n", fs::relative(file, root).c_str());
      }
    }
    generate(root);
    return 0;
  }
  if (check_command->parsed()) return check(root);
  if (again->parsed()) return reproduce(root, fs::absolute(argv[0]).parent_path(), what);
  generate(root);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 2;
  }
}
