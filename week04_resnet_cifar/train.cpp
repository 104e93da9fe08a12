// `train`: from data to pictures.
#include "week04_resnet_cifar/train.h"

#include <algorithm>
#include <cmath>

#include "common/base/text.h"
#include "common/train/flops.h"
#include "week04_resnet_cifar/report.h"
#include "week04_resnet_cifar/session.h"

namespace week04 {
using common::base::Metrics;
using common::base::NamedTensors;
using common::base::percent;
using common::base::Run;
using common::train::Verdict;
namespace {

// The best weights so far, by the validation images: what early stopping keeps.
struct Best {
  double accuracy = -1;
  int64_t looks_since = 0;
  NamedTensors weights;  // empty unless kept

  void see(double now, const NamedTensors& tensors, bool keep) {
    ++looks_since;
    if (now <= accuracy) return;
    accuracy = now;
    looks_since = 0;
    if (!keep) return;
    for (const auto& [name, tensor] : tensors) weights[name] = tensor.detach().clone();
  }

  common::train::Part part(const NamedTensors& like) {
    common::train::Part part;
    part.name = "best";
    part.tensors = [this] { return weights; };
    part.load_tensors = [this, like](const NamedTensors& state) {
      weights.clear();
      for (const auto& [name, tensor] : state) {
        common::base::require(like.count(name) == 1,
                              "the best weights have a \"" + name + "\", the network has none");
        weights[name] = tensor.to(like.at(name).device());
      }
    };
    part.numbers = [this] {
      return common::base::Json{{"accuracy", accuracy}, {"looks_since", looks_since}};
    };
    part.load_numbers = [this](const common::base::Json& json) {
      accuracy = json.at("accuracy");
      looks_since = json.at("looks_since");
    };
    return part;
  }
};

// Looks at the held-out images with the weights that count: the average's, where there is one.
Verdict look(Session& session, Best& best, Run& run) {
  common::train::Training& training = session.training;
  const int64_t patience = session.config.patience;
  const common::train::WithAverage average(training.ema);
  const Answers answers =
      answer(session.network, session.data.validation, /*tta=*/false, training.precision);
  session.network.module->train();
  run.log(training.step, "validation", {{"loss", answers.loss}, {"accuracy", answers.accuracy}});
  run.say("step " + std::to_string(training.step) + ": " + percent(answers.accuracy) +
          " of the validation images right");
  best.see(answers.accuracy, session.tensors, /*keep=*/patience > 0);
  if (patience == 0 || best.looks_since < patience) return Verdict::kGoOn;
  run.say("no better for " + std::to_string(patience) + " looks: stopping");
  return Verdict::kStop;
}

}  // namespace

Metrics train(const Config& config, Run& run) {
  Session session(config, run);
  Network& network = session.network;
  const double flops = summarise(run, network, session.device);
  draw_augmentation(run, session.data.train, config, session.seed);

  auto& training = session.training;
  common::base::require(config.patience == 0 || session.data.validation.size() > 0,
                        "--patience looks at held-out images, and none are: add --validation 5000");
  if (session.data.validation.size() > 0) {
    const double every = config.evaluate_every * static_cast<double>(session.per_epoch);
    training.evaluate_every = std::max<int64_t>(1, std::llround(every));
  }
  training.log_every = std::clamp<int64_t>(session.per_epoch / 10, 1, 20);
  if (run.writes() && run.config().trace) {
    training.trace = common::train::Trace(run.dir() / "trace.json");
  }
  Best best;
  if (run.writes()) {
    training.checkpoints = common::train::Checkpoints(
        run.dir() / "checkpoint", run.config().identity(),
        {common::train::part_of_tensors("model", session.tensors),
         common::train::part_of("optimizer", session.optimizer), best.part(session.tensors)});
  }
  session.loader.seek(resume(training, run) * training.micro_batches);

  network.module->train();
  common::train::fit(
      training, run, [&] { return session.next(); },
      [&](const Batch& batch, int64_t lane) { return session.judge(batch, lane); },
      [&](int64_t) {
        return training.evaluate_every > 0 ? look(session, best, run) : Verdict::kGoOn;
      });

  training.ema.swap();  // from here on the network has the weights that count
  if (!best.weights.empty()) {
    common::base::copy_tensors(best.weights, session.tensors, "the best weights");
  }
  if (run.writes()) common::base::save_tensors(run.dir() / "weights.safetensors", session.tensors);
  const bool held_out = session.data.validation.size() > 0;
  Metrics metrics = judge(network, held_out ? session.data.validation : session.data.test,
                          held_out ? "validation" : "test", config.tta, training.precision,
                          session.data.classes, run);
  draw_curves(run);
  const auto steps = static_cast<double>(training.step);
  metrics.emplace_back("epochs", steps / static_cast<double>(session.per_epoch));
  const Metrics of_speed = training.meter.speed(
      flops, common::train::measured_peak(session.device, session.precision.type));
  metrics.insert(metrics.end(), of_speed.begin(), of_speed.end());
  return metrics;
}

}  // namespace week04
