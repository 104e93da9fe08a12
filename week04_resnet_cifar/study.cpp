#include "week04_resnet_cifar/study.h"

#include <cmath>
#include <map>
#include <utility>

#include "common/base/error.h"
#include "common/base/text.h"
#include "week04_resnet_cifar/session.h"

namespace week04 {
using common::base::formatted;
using common::base::Json;
using common::base::Metrics;
using common::base::percent;
using common::base::Run;
using common::train::Verdict;
namespace {

void nothing(Config&) {}

void flip_and_crop(Config& c) {
  c.flip = "random";
  c.crop_pad = 2;
}

Variant with_lr(const std::string& name, double lr) {
  return {name, [lr](Config& c) { c.lr = lr; }};
}

Variant with_schedule(const std::string& name, double lr) {
  return {name, [name, lr](Config& c) {
            c.schedule = name;
            c.lr = lr;
          }};
}

// The rate of a batch of 500 is scaled with the square root of the batch.
Variant with_batch(int64_t batch) {
  return {"batch_" + std::to_string(batch), [batch](Config& c) {
            c.lr *= std::sqrt(static_cast<double>(batch) / static_cast<double>(c.batch_size));
            c.batch_size = batch;
            c.micro_batch = std::min(batch, c.micro_batch);
          }};
}

Variant with_optimizer(const std::string& name, double lr, double momentum, double decay) {
  return {name, [=](Config& c) {
            c.optimizer = name;
            c.lr = lr;
            c.momentum = momentum;
            c.weight_decay = decay;
            if (name != "muon") c.lr_head = c.lr_rest = 0;  // as lr
          }};
}

// What one training came to; `loss` is no number when it did not stay finite.
struct Outcome {
  double accuracy = 0, loss = 0;
};

Outcome train_variant(const Config& config, common::base::RunConfig of_run) {
  Run nowhere(std::move(of_run));
  Session session(config, nowhere);
  auto& training = session.training;
  training.log_every = std::max<int64_t>(1, session.per_epoch / 5);  // equally many images
  session.network.module->train();
  try {
    common::train::fit(
        training, nowhere, [&] { return session.next(); },
        [&](const Batch& batch, int64_t lane) { return session.judge(batch, lane); },
        [](int64_t) { return Verdict::kGoOn; });
  } catch (const common::train::LossNotFinite&) {  // an answer, too: that of guessing
    return {1.0 / static_cast<double>(session.data.classes.size()), NAN};
  }
  training.ema.swap();
  const Answers answers =
      answer(session.network, session.data.validation, config.tta, training.precision);
  return {answers.accuracy, nowhere.history("train", "loss").back().second};
}

// What the variants that are done came to, by their names: a study goes on with the next.
common::train::Part part_of(std::map<std::string, Outcome>& done) {
  common::train::Part part;
  part.name = "variants";
  part.numbers = [&done] {
    Json json = Json::object();
    for (const auto& [name, outcome] : done) {
      json[name] = {{"accuracy", outcome.accuracy}};
      if (!std::isnan(outcome.loss)) json[name]["loss"] = outcome.loss;
    }
    return json;
  };
  part.load_numbers = [&done](const Json& json) {
    for (const auto& [name, numbers] : json.items()) {
      done[name] = {numbers.at("accuracy"), numbers.value("loss", double{NAN})};
    }
  };
  return part;
}

std::vector<std::string> names() {
  std::vector<std::string> list;
  for (const auto& [name, variants] : studies()) list.push_back(name);
  return list;
}

}  // namespace

const std::vector<std::pair<std::string, std::vector<Variant>>>& studies() {
  static const std::vector<std::pair<std::string, std::vector<Variant>>> all = {
      {"regularisation",
       {{"none", nothing},
        {"flip_and_crop", flip_and_crop},
        {"cutout", [](Config& c) { c.cutout = 12; }},
        {"mixup", [](Config& c) { c.mixup = 0.2; }},
        {"label_smoothing", [](Config& c) { c.label_smoothing = 0.1; }},
        {"weight_decay", [](Config& c) { c.weight_decay = 5e-4; }}}},
      {"schedule",
       {with_schedule("one-cycle", 1), with_schedule("step", 1), with_schedule("constant", 0.2)}},
      {"lr",
       {with_lr("lr_1", 1), with_lr("lr_0.1", 0.1), with_lr("lr_0.3", 0.3), with_lr("lr_2", 2),
        with_lr("lr_4", 4)}},
      {"batch", {with_batch(500), with_batch(125), with_batch(250), with_batch(1000)}},
      {"optimizer",
       {with_optimizer("sgd", 1, 0.9, 5e-4), with_optimizer("adamw", 0.016, 0.9, 0.05),
        with_optimizer("muon", 0.12, 0.6, 0.0015)}},
      {"precision", {{"fp32", nothing, "fp32"}, {"bf16", nothing, "bf16"}}}};
  return all;
}

void describe(common::base::Settings& settings, StudyConfig& config) {
  settings.add("what", &config.what, "what is varied").one_of(names());
  describe(settings, config.config);
}

Metrics study(const StudyConfig& config, Run& run) {
  common::base::require(
      run.config().preset == "study-" + config.what,
      "the study of " + config.what + " has settings of its own: --preset study-" + config.what);
  common::base::require(config.config.validation > 0,
                        "study: choices are made on held-out images; --validation 5000");
  std::map<std::string, Outcome> done;
  common::train::Checkpoints checkpoints;
  if (run.writes()) {
    checkpoints = {run.dir() / "checkpoint", run.config().identity(), {part_of(done)}};
  }
  if (run.resumed()) checkpoints.load([&](const std::string& line) { run.say(line); });
  Metrics metrics;
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, variants] : studies()) {
    if (name != config.what) continue;
    for (const Variant& variant : variants) {
      if (done.count(variant.name) == 0) {
        Config changed = config.config;
        variant.change(changed);
        common::base::RunConfig of_run = run.config();
        if (!variant.precision.empty()) of_run.precision = variant.precision;
        done[variant.name] = train_variant(changed, of_run);
        checkpoints.save(static_cast<int64_t>(done.size()));
      }
      const Outcome& outcome = done.at(variant.name);
      const bool finite = !std::isnan(outcome.loss);
      run.say(
          variant.name + ": " + percent(outcome.accuracy) +
          (finite ? " of the held-out images" : ", as by guessing: the loss did not stay finite"));
      metrics.emplace_back(variant.name + "_accuracy", outcome.accuracy);
      metrics.emplace_back(variant.name + "_loss", outcome.loss);
      rows.push_back({variant.name, percent(outcome.accuracy),
                      finite ? formatted("%.3f", outcome.loss) : "diverged"});
    }
  }
  run.table("study", {config.what, "accuracy", "training loss"}, rows);
  return metrics;
}

}  // namespace week04
