// `table`: how often XOR is solved, by width, activation and optimizer.
#include "common/base/device.h"
#include "common/base/error.h"
#include "common/base/interrupt.h"
#include "common/base/progress.h"
#include "week01_mlp_xor/commands.h"
#include "week01_mlp_xor/learn.h"

namespace week01 {
using common::base::Metrics;
using common::base::Run;
namespace {

double lr_of(const TableConfig& config, const std::string& rule) {
  return rule == "sgd"        ? config.lr_sgd
         : rule == "momentum" ? config.lr_momentum
         : rule == "rmsprop"  ? config.lr_rmsprop
                              : config.lr_adam;
}

// Whether XOR ends with four of four right from this seed.
bool solves(const Config& config, const Problem& problem, uint64_t seed,
            const torch::Device& device) {
  Learner learner = make_learner(config, problem, seed, device);
  const Loss loss = loss_of(config, 2);
  try {
    learn(learner, config, problem.train, loss, seed,
          [](const Learner&) { return !common::base::interrupted(); });
  } catch (const common::base::Error&) {
    return false;  // the weights ran away
  }
  if (common::base::interrupted()) throw common::base::Interrupted();
  return evaluate(learner.mlp, problem.train, loss).accuracy == 1;
}

}  // namespace

void describe(common::base::Settings& s, TableConfig& c) {
  s.add("widths", &c.widths, "hidden units, a row each").range(1, 64).count(1, 16);
  s.add("tries", &c.tries, "seeds a cell").range(1, 1000);
  s.add("epochs", &c.epochs, "steps on all four points").range(1, 100'000);
  s.add("lr-sgd", &c.lr_sgd, "learning rate of sgd").range(0, 100);
  s.add("lr-momentum", &c.lr_momentum, "learning rate of momentum").range(0, 100);
  s.add("lr-rmsprop", &c.lr_rmsprop, "learning rate of rmsprop").range(0, 100);
  s.add("lr-adam", &c.lr_adam, "learning rate of adam").range(0, 100);
}

Metrics table(const TableConfig& table_config, Run& run) {
  const c10::InferenceMode no_autograd;
  Config config;  // the xor preset's network, but for what the table varies
  config.epochs = table_config.epochs;
  const torch::Device device = common::base::pick_device(run.config().device);
  Problem problem = load_problem(config, run.config().data_dir, 0);
  to_device_(problem, device);
  const auto base = static_cast<uint64_t>(run.config().seed * table_config.tries);
  const auto cells = static_cast<int64_t>(table_config.widths.size() * activation_names().size() *
                                          rule_names().size());
  common::base::Progress progress("trying", cells * table_config.tries, "networks");
  int64_t done = 0, row = 0;
  Metrics metrics;
  std::vector<std::vector<std::string>> rows;
  for (const int64_t width : table_config.widths) {
    for (const auto& activation : activation_names()) {
      rows.push_back({std::to_string(width) + " " + activation});
      Metrics logged;
      for (const auto& rule : rule_names()) {
        config.hidden = {width};
        config.activation = activation;
        config.optimizer = rule;
        config.lr = lr_of(table_config, rule);
        int64_t solved = 0;
        for (int64_t i = 0; i < table_config.tries; ++i) {
          solved += solves(config, problem, base + static_cast<uint64_t>(i), device) ? 1 : 0;
          progress.update(++done);
        }
        rows.back().push_back(std::to_string(solved) + "/" + std::to_string(table_config.tries));
        const double share = static_cast<double>(solved) / static_cast<double>(table_config.tries);
        metrics.emplace_back("solved_" + std::to_string(width) + "_" + activation + "_" + rule,
                             share);
        logged.emplace_back(metrics.back());
      }
      run.log(row++, "solved", logged);
    }
  }
  std::vector<std::string> columns = rule_names();
  columns.insert(columns.begin(), "hidden units");
  run.table("success", columns, rows);
  return metrics;
}

}  // namespace week01
