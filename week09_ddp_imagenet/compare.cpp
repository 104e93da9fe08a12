#include "week09_ddp_imagenet/compare.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <thread>

#include "common/base/device.h"
#include "common/base/error.h"
#include "common/base/expect.h"
#include "common/base/interrupt.h"
#include "common/base/text.h"
#include "common/dist/launch.h"
#include "common/plot/strips.h"

namespace week09 {
namespace fs = std::filesystem;
using common::base::formatted;
using common::base::Metrics;
using common::base::Run;
namespace {

using Results = std::map<std::string, double>;
using Turns = std::map<std::string, std::vector<Results>>;

std::string with_ranks(int64_t n) { return "ranks-" + std::to_string(n); }

// The medians of what several profiles measured.
Results medians(const std::vector<Results>& all) {
  Results result;
  for (const auto& [name, value] : all.at(0)) {
    std::vector<double> values;
    for (const Results& one : all) values.push_back(one.at(name));
    result[name] = common::base::median(values);
  }
  return result;
}

// What is measured in each turn: by name, how many ranks, which settings differ, and how many
// share the cores.
struct Case {
  std::string name;
  int64_t ranks = 1;
  std::map<std::string, std::string> changes = {};
  int64_t sharers = 1;
};

// Starts profiles as processes of their own, each in a folder of the run's.
class Profiles {
 public:
  Profiles(const CompareConfig& config, Run& run) : config_(config), run_(run) {}

  Results measure(const Case& one) {
    const auto& [name, ranks, changes, sharers] = one;
    const fs::path out = run_.dir() / name;
    if (const auto before = common::base::finished_result(out)) {  // this run is resumed
      return {before->begin(), before->end()};
    }
    fs::remove_all(out);  // it was stopped in the middle
    const auto& own = run_.config();
    const int64_t cores =
        own.threads > 0 ? own.threads : std::max(1U, std::thread::hardware_concurrency());
    std::vector<std::string> arguments = {
        "profile",
        "--out=" + out.string(),
        "--data-dir=" + own.data_dir.string(),
        "--device=" + own.device,
        "--precision=" + own.precision,
        "--seed=" + std::to_string(own.seed),
        "--threads=" + std::to_string(std::max<int64_t>(1, cores / sharers))};
    ProfileConfig profile = config_.profile;
    common::base::Settings settings;
    describe(settings, profile);
    for (const auto& setting : settings.all()) {
      const auto change = changes.find(setting.name());
      const auto value = setting.value();
      const std::string text = change != changes.end() ? change->second
                               : value.is_string()     ? value.get<std::string>()
                                                       : list_text(value);
      if (!text.empty()) arguments.push_back("--" + setting.name() + "=" + text);
    }
    const int code = common::dist::launch("/proc/self/exe", arguments, ranks, {.quiet = true});
    if (code == 130) throw common::base::Interrupted();
    common::base::require(code == 0, "a profile with " + std::to_string(ranks) +
                                         " ranks ended with code " + std::to_string(code));
    const auto result = common::base::finished_result(out);
    common::base::require(result.has_value(), out.string() + " has no result");
    return {result->begin(), result->end()};
  }

 private:
  // A value as a flag takes it: lists as 1,2,3.
  static std::string list_text(const common::base::Json& value) {
    std::string text = value.dump();
    std::erase_if(text, [](char c) { return c == '[' || c == ']'; });
    return text;
  }

  const CompareConfig& config_;
  Run& run_;
};

// Whether it is known when gradients were on their way: of a GPU's overlapped averaging it is not.
bool sending_is_seen(const Results& r) { return r.contains("hidden_ms"); }

std::string waiting_of(const Results& r) {
  return sending_is_seen(r) ? formatted("%.1f", r.at("communication_ms")) : "not seen";
}

double step_ms(const Results& r) {
  return r.at("data_ms") + r.at("forward_ms") + r.at("backward_ms") + r.at("communication_ms") +
         r.at("optimizer_ms");
}

// The README's model of a step against the measured one. Args: `share`: one rank alone with the
// cores and the images of one of many; `measured`: of the many.
double compare_with_model(Run& run, const Results& share, const Results& measured) {
  const double waiting = std::max(0.0, measured.at("all_reduce_ms") - share.at("backward_ms"));
  std::vector<std::vector<std::string>> rows;
  double model_step = 0;
  const auto row = [&](const char* name, double model, const std::string& found) {
    rows.push_back({name, formatted("%.1f", model), found});
    model_step += model;
  };
  for (const char* part : {"data", "forward", "backward"}) {
    const std::string name = std::string(part) + "_ms";
    row(part, share.at(name), formatted("%.1f", measured.at(name)));
  }
  row("waiting for gradients", waiting, waiting_of(measured));
  row("optimizer", share.at("optimizer_ms"), formatted("%.1f", measured.at("optimizer_ms")));
  rows.push_back({"step", formatted("%.1f", model_step), formatted("%.1f", step_ms(measured))});
  rows.push_back(
      {"(all-reduce with nothing beside it)", "", formatted("%.1f", measured.at("all_reduce_ms"))});
  run.table("model", {"part of a step", "model, ms", "measured, ms"}, rows);
  return model_step / step_ms(measured);
}

// How many times as fast `ranks` should be: they share the cores, or have a GPU each.
double ideal_speed(const Run& run, const CompareConfig& c, int64_t ranks) {
  if (!common::base::pick_device(run.config().device).is_cuda()) return 1;
  return static_cast<double>(ranks) / static_cast<double>(c.ranks.front());
}

void draw(const Run& run, const CompareConfig& c, const Turns& turns) {
  common::plot::StripChart chart{.title = "The same batch, shared by more ranks",
                                 .x_label = "images a second, in each turn"};
  const auto add = [&](const std::string& label, const std::string& name) {
    if (turns.count(name) == 0) return;
    common::plot::Strip strip{label, {}};
    for (const Results& r : turns.at(name)) strip.values.push_back(r.at("images_per_s"));
    chart.strips.push_back(strip);
  };
  for (const int64_t n : c.ranks) {
    add(std::to_string(n) + (n == 1 ? " rank" : " ranks"), with_ranks(n));
  }
  add("flat averaging", "flat");
  add("by the ring", "ring");
  common::plot::save_png(common::plot::draw(chart), run.dir() / "compare.png");
}

std::vector<Case> cases_of(const CompareConfig& c, int64_t most) {
  std::vector<Case> cases;
  for (const int64_t n : c.ranks) cases.push_back({with_ranks(n), n, {}, n});
  if (most == 1) return cases;
  cases.push_back({"flat", most, {{"averaging", "flat"}}, most});
  cases.push_back({"ring", most, {{"averaging", "ring"}}, most});
  const std::string part = std::to_string(c.profile.config.batch_size / most);
  cases.push_back({"share", 1, {{"batch-size", part}}, most});
  return cases;
}

// The median over the turns of how fast `name` was, as a share of `of` in the same turn.
double speed_ratio(const Turns& turns, const std::string& name, const std::string& of) {
  std::vector<double> ratios;
  for (size_t turn = 0; turn < turns.at(name).size(); ++turn) {
    ratios.push_back(turns.at(name)[turn].at("images_per_s") /
                     turns.at(of)[turn].at("images_per_s"));
  }
  return common::base::median(ratios);
}

// Five steps in fp64 with synchronised norms, by each number of ranks, and by the most of them with
// each way of averaging. Returns how far their losses are from that of the first, as a share of it.
Results loss_differences(const CompareConfig& c, Profiles& profiles, int64_t most) {
  const std::map<std::string, std::string> changes = {
      {"double", "true"}, {"sync-norm", "true"}, {"steps", "5"}, {"warm-up", "0"}, {"sizes", "64"}};
  Results losses;
  for (const int64_t n : c.ranks) {
    losses[with_ranks(n)] = profiles.measure({"fp64-" + with_ranks(n), n, changes, n}).at("loss");
  }
  for (const std::string way : {"flat", "ring"}) {
    if (most == 1) break;
    auto by_way = changes;
    by_way["averaging"] = way;
    losses[way] = profiles.measure({"fp64-" + way, most, by_way, most}).at("loss");
  }
  const double first = losses.at(with_ranks(c.ranks.front()));
  for (auto& [name, loss] : losses) loss = std::abs(loss - first) / first;
  return losses;
}

Metrics report_ranks(Run& run, const CompareConfig& c, const Turns& turns,
                     const Results& differences) {
  Metrics metrics;
  std::vector<std::vector<std::string>> rows;
  const int64_t first = c.ranks.front();
  for (const int64_t n : c.ranks) {
    const Results r = medians(turns.at(with_ranks(n)));
    const double efficiency =
        speed_ratio(turns, with_ranks(n), with_ranks(first)) / ideal_speed(run, c, n);
    const double exposed = r.at("communication_ms") / step_ms(r);
    const bool seen = sending_is_seen(r);
    const double all = seen ? exposed + r.at("hidden_ms") / step_ms(r) : 0;
    const auto ranks = static_cast<double>(n);
    const double sent_mb = 2 * (ranks - 1) / ranks * r.at("gradient_mb");  // by each, in a ring
    rows.push_back({std::to_string(n), formatted("%.1f", r.at("images_per_s")),
                    formatted("%.2f", efficiency),
                    seen ? formatted("%.1f %%", 100 * all) : "not seen",
                    seen ? formatted("%.1f %%", 100 * exposed) : "not seen",
                    formatted("%.1f", sent_mb), formatted("%.1e", differences.at(with_ranks(n)))});
    const std::string of = '_' + std::to_string(n);
    metrics.emplace_back("images_per_s" + of, r.at("images_per_s"));
    metrics.emplace_back("efficiency" + of, efficiency);
    if (seen) metrics.emplace_back("communication_share" + of, all);
    if (seen) metrics.emplace_back("exposed_share" + of, exposed);
    metrics.emplace_back("loss_difference" + of, differences.at(with_ranks(n)));
  }
  run.table("ranks",
            {"ranks", "images/s", "of " + std::to_string(first) + (first == 1 ? " rank" : " ranks"),
             "communication", "communication that shows", "MB each sends", "loss differs by"},
            rows);
  return metrics;
}

Metrics report_averaging(Run& run, const Turns& turns, const Results& differences, int64_t most) {
  Metrics metrics;
  std::vector<std::vector<std::string>> rows;
  for (const auto& [way, name] : std::vector<std::pair<std::string, std::string>>{
           {"overlapped", with_ranks(most)}, {"flat", "flat"}, {"ring", "ring"}}) {
    const Results r = medians(turns.at(name));
    rows.push_back({way, formatted("%.1f", r.at("images_per_s")), waiting_of(r),
                    formatted("%.1e", differences.at(name))});
    if (way != name) continue;
    metrics.emplace_back("images_per_s_" + way, r.at("images_per_s"));
    metrics.emplace_back("loss_difference_" + way, differences.at(way));
  }
  run.table("averaging", {"averaging", "images/s", "ms that a step waits", "loss differs by"},
            rows);
  return metrics;
}

}  // namespace

void describe(common::base::Settings& s, CompareConfig& c) {
  describe(s, c.profile);
  s.add("ranks", &c.ranks, "how many ranks, one after the other").range(1, 1024).count(1, 16);
  s.add("turns", &c.turns, "times that each is measured; medians count").range(1, 100);
}

Metrics compare(const CompareConfig& c, Run& run) {
  common::base::require(run.writes(), "compare starts ranks itself: run it as one process");
  common::base::require(c.profile.averaging == "overlapped" && !c.profile.config.compress,
                        "compare measures each way of averaging, in fp32: leave --averaging and "
                        "--compress out");
  const int64_t most = *std::max_element(c.ranks.begin(), c.ranks.end());
  Profiles profiles(c, run);
  Turns turns;
  for (int64_t turn = 1; turn <= c.turns; ++turn) {
    for (Case one : cases_of(c, most)) {
      run.say("turn " + std::to_string(turn) + " of " + std::to_string(c.turns) + ": " + one.name);
      auto& results = turns[one.name];
      one.name += "-turn-" + std::to_string(turn);
      results.push_back(profiles.measure(one));
    }
  }
  run.say("the same five steps in fp64, norms synchronised");
  const Results differences = loss_differences(c, profiles, most);
  Metrics metrics = report_ranks(run, c, turns, differences);
  if (most > 1) {
    const Metrics of_ways = report_averaging(run, turns, differences, most);
    metrics.insert(metrics.end(), of_ways.begin(), of_ways.end());
    metrics.emplace_back(
        "model_over_measured",
        compare_with_model(run, medians(turns.at("share")), medians(turns.at(with_ranks(most)))));
  }
  draw(run, c, turns);
  return metrics;
}

}  // namespace week09
