// `find-lr`: the learning rate range test.
#include "week04_resnet_cifar/find_lr.h"

#include "common/plot/lines.h"
#include "common/train/lr_finder.h"
#include "week04_resnet_cifar/session.h"

namespace week04 {
using common::base::Metrics;
using common::base::Run;
using common::train::Verdict;
namespace {

// The (rate, loss) pairs that were logged, one a step.
std::vector<std::pair<double, double>> logged(const Run& run) {
  const auto rates = run.history("train", "lr"), losses = run.history("train", "loss");
  std::vector<std::pair<double, double>> pairs;
  for (size_t i = 0; i < rates.size() && i < losses.size(); ++i) {
    pairs.emplace_back(rates[i].second, losses[i].second);
  }
  return pairs;
}

void draw(const Run& run, const std::vector<std::pair<double, double>>& points,
          const common::train::LrSuggestion& suggestion) {
  common::plot::LineChart chart;
  chart.title = "Learning rate range test";
  chart.x_label = "learning rate";
  chart.y_label = "loss";
  chart.log_x = true;
  common::plot::Series raw{.name = "each step"}, smooth{.name = "smoothed"};
  for (size_t i = 0; i < suggestion.smoothed.size(); ++i) {
    raw.x.push_back(points[i].first);
    raw.y.push_back(points[i].second);
    smooth.y.push_back(suggestion.smoothed[i]);
  }
  smooth.x = raw.x;
  const double low = *std::min_element(smooth.y.begin(), smooth.y.end());
  const double high = *std::max_element(smooth.y.begin(), smooth.y.end());
  chart.series = {raw, smooth};
  for (const auto& [name, rate] : {std::pair{"falls fastest", suggestion.steepest},
                                   std::pair{"suggested for one-cycle", suggestion.max_lr}}) {
    chart.series.push_back({.name = name, .x = {rate, rate}, .y = {low, high}, .dashed = true});
  }
  save_png(common::plot::draw(chart), run.dir() / "lr.png");
}

}  // namespace

void describe(common::base::Settings& settings, FindLrConfig& config) {
  describe(settings, config.config);
  settings.add("from", &config.from, "first rate").range(1e-12, 1000);
  settings.add("to", &config.to, "last rate").range(1e-12, 1e6);
  settings.add("steps", &config.steps, "steps from the first to the last").range(20, 100'000);
}

Metrics find_lr(const FindLrConfig& config, Run& run) {
  Session session(config.config, run);
  auto& training = session.training;
  training.steps = config.steps;
  training.schedule =
      common::train::range_test(config.from, config.to, config.steps, config.config.momentum);
  training.log_every = 1;
  training.evaluate_every = std::max<int64_t>(1, config.steps / 500);  // each look reads all steps
  session.network.module->train();
  std::vector<std::pair<double, double>> points;
  bool diverged = false;
  try {
    common::train::fit(
        training, run, [&] { return session.next(); },
        [&](const Batch& batch, int64_t lane) { return session.judge(batch, lane); },
        [&](int64_t) {
          points = logged(run);
          diverged = common::train::diverged(points);
          return diverged ? Verdict::kStop : Verdict::kGoOn;
        });
  } catch (const common::train::LossNotFinite& found) {
    diverged = true;
    run.say(found.what());
  }
  points = logged(run);
  const auto suggestion = common::train::suggest_lr(points);
  if (run.writes()) draw(run, points, suggestion);
  char text[160];
  std::snprintf(text, sizeof text,
                "the loss falls fastest at %.3g and %s %.3g; try --lr %.2g with one-cycle",
                suggestion.steepest, diverged ? "diverges at" : "does not diverge up to",
                suggestion.diverges, suggestion.max_lr);
  run.say(text);
  return {{"steepest_lr", suggestion.steepest},
          {"diverging_lr", suggestion.diverges},
          {"suggested_max_lr", suggestion.max_lr}};
}

}  // namespace week04
