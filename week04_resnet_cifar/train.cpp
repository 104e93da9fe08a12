// `train`: from data to pictures.
#include <ATen/ATen.h>

#include "common/base/device.h"
#include "common/base/error.h"
#include "common/train/fit.h"
#include "common/train/flops.h"
#include "week04_resnet_cifar/commands.h"
#include "week04_resnet_cifar/network.h"
#include "week04_resnet_cifar/report.h"

namespace week04 {
using common::base::Metrics;
using common::base::Run;
using common::train::Training;
using common::train::Verdict;
using torch::Tensor;
namespace {

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f %%", 100 * share);
  return text;
}

// The best weights so far, by the validation images: what early stopping keeps.
struct Best {
  double accuracy = -1;
  int64_t looks_since = 0;
  common::base::NamedTensors weights;  // empty unless kept

  void see(double now, const common::base::NamedTensors& tensors, bool keep) {
    ++looks_since;
    if (now <= accuracy) return;
    accuracy = now;
    looks_since = 0;
    if (!keep) return;
    for (const auto& [name, tensor] : tensors) weights[name] = tensor.detach().clone();
  }

  common::train::Part part(const common::base::NamedTensors& like) {
    common::train::Part part;
    part.name = "best";
    part.tensors = [this] { return weights; };
    part.load_tensors = [this, like](const common::base::NamedTensors& state) {
      weights.clear();
      for (const auto& [name, tensor] : state) weights[name] = tensor.to(like.at(name).device());
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

common::data::LoaderOptions loader_options(const Config& config, int64_t samples, uint64_t seed) {
  common::data::LoaderOptions options;
  options.samples = samples;
  options.batch_size = config.micro_batch > 0 ? config.micro_batch : config.batch_size;
  options.seed = seed;
  options.workers = config.workers;
  return options;
}

// Answers of the weights that count (the average's, where there is one) on held-out images, logged.
Answers look(const Network& network, Training& training, const Images& images, Run& run,
             const std::string& split) {
  const common::train::WithAverage average(training.ema);
  const Answers answers = answer(network, images, /*tta=*/false, training.precision);
  network.module->train();
  run.log(training.step, split, {{"loss", answers.loss}, {"accuracy", answers.accuracy}});
  run.say("step " + std::to_string(training.step) + ": " + split + " accuracy " +
          percent(answers.accuracy));
  return answers;
}

// Final numbers on the test set or, when images are held out, on those.
Metrics judge(const Network& network, const Images& images, const std::string& split, bool tta,
              c10::ScalarType precision, const std::vector<std::string>& classes, Run& run) {
  const Answers answers = answer(network, images, /*tta=*/false, precision);
  Metrics metrics = {{split + "_accuracy", answers.accuracy}, {split + "_loss", answers.loss}};
  run.say(split + " accuracy " + percent(answers.accuracy) + " of " +
          std::to_string(images.size()) + " images");
  if (tta) {
    const double accuracy = answer(network, images, /*tta=*/true, precision).accuracy;
    metrics.emplace_back(split == "test" ? "tta_accuracy" : split + "_tta_accuracy", accuracy);
    run.say("with test-time augmentation " + percent(accuracy));
  }
  draw_answers(run, answers, images, classes);
  return metrics;
}

}  // namespace

Metrics train(const Config& config, Run& run) {
  const auto seed = static_cast<uint64_t>(run.config().seed);
  const torch::Device device = common::base::pick_device(run.config().device);
  const auto precision = common::train::pick_precision(run.config().precision, device);
  run.say("computes in " + precision.reason);
  Data data = load_data(config, run.config().data_dir, seed);
  draw_augmentation(run, data.train, config, seed);
  to_device_(data, device);
  const Network network =
      make_network(config, static_cast<int64_t>(data.classes.size()), seed, device);
  network.prepare(data.train);
  const double flops = summarise(run, network, device);
  const common::base::NamedTensors tensors = tensors_of(network);

  const int64_t samples = data.train.size(), per_epoch = steps_per_epoch(config, samples);
  const int64_t micro = config.micro_batch > 0 ? config.micro_batch : config.batch_size;
  common::base::require(config.batch_size % micro == 0,
                        "--batch-size must be a multiple of --micro-batch");
  common::train::Optimizer optimizer = make_optimizer(config, network, per_epoch);
  common::data::Loader<Batch> loader(loader_options(config, samples, seed),
                                     [&](const common::data::BatchPlan& plan) {
                                       const torch::NoGradGuard no_grad;
                                       return make_batch(data.train, config, plan, seed);
                                     });

  Training training{optimizer};
  training.steps = total_steps(config, samples);
  training.schedule = schedule_of(config, training.steps, per_epoch);
  training.micro_batches = config.batch_size / micro;
  training.batch_size = config.batch_size;
  training.device = device;
  training.precision = precision.type;
  if (precision.type == torch::kHalf) training.scaler = common::train::GradScaler(device);
  training.clip_norm = config.clip_norm;
  if (config.ema > 0) training.ema = common::train::Ema(tensors, config.ema);
  if (config.lookahead > 0)
    training.lookahead = common::train::Lookahead(tensors, config.lookahead);
  const auto steps = static_cast<double>(training.steps);
  training.lookahead_decay = [=](int64_t step) {  // from no memory to almost all of it
    return std::pow(0.95, 5) * std::pow(static_cast<double>(step + 1) / steps, 3);
  };
  if (data.validation.size() > 0) {
    training.evaluate_every =
        std::max<int64_t>(1, std::llround(config.evaluate_every * static_cast<double>(per_epoch)));
  }
  Best best;
  if (run.writes()) {
    training.checkpoints = common::train::Checkpoints(
        run.dir() / "checkpoint", run.config().settings,
        {common::train::part_of_tensors("model", tensors),
         common::train::part_of("optimizer", optimizer), best.part(tensors)});
  }
  loader.seek(resume(training, run) * training.micro_batches);

  network.module->train();
  fit(
      training, run, [&] { return loader.next(); },
      [&](const Batch& batch) {
        return at::cross_entropy_loss(network.logits(batch.images), batch.targets, /*weight=*/{},
                                      at::Reduction::Mean, /*ignore_index=*/-100,
                                      config.label_smoothing);
      },
      [&](int64_t) {
        if (data.validation.size() == 0) return Verdict::kGoOn;
        const Answers answers = look(network, training, data.validation, run, "validation");
        best.see(answers.accuracy, tensors, config.patience > 0);
        const bool stop = config.patience > 0 && best.looks_since >= config.patience;
        if (stop) run.say("no better for " + std::to_string(config.patience) + " looks: stopping");
        return stop ? Verdict::kStop : Verdict::kGoOn;
      });

  training.ema.swap();  // from here on the weights are those that count
  if (!best.weights.empty()) {
    common::base::NamedTensors to = tensors;
    common::base::copy_tensors(best.weights, to, "the best weights");
  }
  if (run.writes()) common::base::save_tensors(run.dir() / "weights.safetensors", tensors);
  const bool held_out = data.validation.size() > 0;
  Metrics metrics =
      judge(network, held_out ? data.validation : data.test, held_out ? "validation" : "test",
            config.tta, precision.type, data.classes, run);
  draw_curves(run);
  const double seconds = training.meter.seconds();
  const double rate = static_cast<double>(training.meter.samples()) / seconds;
  const double flops_per_s = 3 * flops * rate;
  metrics.emplace_back("train_seconds", seconds);
  metrics.emplace_back("images_per_s", rate);
  metrics.emplace_back("epochs",
                       static_cast<double>(training.step) / static_cast<double>(per_epoch));
  metrics.emplace_back("flops_per_s", flops_per_s);
  metrics.emplace_back("share_of_peak",
                       flops_per_s / common::train::measured_peak(device, precision.type));
  return metrics;
}

}  // namespace week04
