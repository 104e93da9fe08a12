// `optimizers`: the same network from the same weights with each update rule, in one picture; and
// `activations`: every activation with its derivative.
#include "common/base/device.h"
#include "common/base/error.h"
#include "common/base/interrupt.h"
#include "common/base/progress.h"
#include "common/plot/lines.h"
#include "week01_mlp_xor/commands.h"
#include "week01_mlp_xor/learn.h"
#include "week01_mlp_xor/pictures.h"

namespace week01 {
using common::base::Metrics;
using common::base::Run;

void describe(common::base::Settings& settings, OptimizersConfig& config) {
  describe(settings, config.config);
  for (size_t i = 0; i < rule_names().size(); ++i) {
    settings.add("lr-" + rule_names()[i], &config.lr[i], "learning rate of " + rule_names()[i])
        .range(0, 1000);
  }
}

Metrics optimizers(const OptimizersConfig& optimizers_config, Run& run) {
  const c10::InferenceMode no_autograd;
  Config config = optimizers_config.config;
  config.folds = 0;  // one training, on standardised features
  const auto seed = static_cast<uint64_t>(run.config().seed);
  const torch::Device device = common::base::pick_device(run.config().device);
  Problem problem = load_problem(config, run.config().data_dir, seed);
  to_device_(problem, device);
  const Loss loss = loss_of(config, static_cast<int64_t>(problem.classes.size()));
  common::plot::LineChart chart;
  chart.title = problem.name + ": training loss with each optimizer, from the same weights";
  chart.x_label = "epoch";
  chart.y_label = "loss";
  chart.log_y = true;
  common::base::Progress progress("training", 4 * config.epochs, "epochs");
  Metrics metrics;
  int64_t done = 0;
  for (size_t i = 0; i < rule_names().size(); ++i) {
    config.optimizer = rule_names()[i];
    config.lr = optimizers_config.lr[i];
    char label[64];
    std::snprintf(label, sizeof label, "%s, lr %g", config.optimizer.c_str(), config.lr);
    common::plot::Series series{.name = label};
    Learner learner = make_learner(config, problem, seed, device);
    const int64_t every = std::max<int64_t>(1, config.epochs / 200);
    learn(learner, config, problem.train, loss, seed, [&](const Learner& now) {
      if (now.epoch % every == 0) {
        const double value = evaluate(now.mlp, problem.train, loss).loss;
        run.log(now.epoch, config.optimizer, {{"loss", value}});
        series.x.push_back(static_cast<double>(now.epoch));
        series.y.push_back(value);
      }
      progress.update(++done);
      return !common::base::interrupted();
    });
    if (common::base::interrupted()) throw common::base::Interrupted();
    metrics.emplace_back("loss_" + config.optimizer,
                         evaluate(learner.mlp, problem.train, loss).loss);
    chart.series.push_back(std::move(series));
  }
  if (run.writes()) save_png(draw(chart), run.dir() / "optimizers.png");
  for (const auto& [name, value] : metrics) run.say(name + " = " + std::to_string(value));
  return metrics;
}

void describe(common::base::Settings&, NoConfig&) {}

Metrics activations(const NoConfig&, Run& run) {
  if (run.writes()) draw_activations(run.dir());
  run.say("activations.png shows every activation with its derivative");
  return {{"activations", static_cast<double>(activation_names().size())}};
}

}  // namespace week01
