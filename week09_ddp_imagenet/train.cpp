#include "week09_ddp_imagenet/train.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "common/base/error.h"
#include "common/base/paths.h"
#include "common/base/text.h"
#include "common/nn/modules.h"
#include "common/train/flops.h"
#include "week09_ddp_imagenet/report.h"
#include "week09_ddp_imagenet/session.h"

namespace week09 {
namespace fs = std::filesystem;
using common::base::Json;
using common::base::Metrics;
using common::base::percent;
using common::base::Run;
using common::train::Verdict;
using torch::Tensor;
namespace {

Answers look(Session& s, const std::string& progress) {
  const common::train::WithAverage average(s.training.ema);
  const Answers answers =
      answer(s.network, s.data.val, s.config, s.group, s.device, s.training.precision, progress);
  s.network->train();
  return answers;
}

// A sum over the ids of all ranks' images in a batch: equal sums in every step are equal samples.
void log_samples(Session& s, Run& run, const Batch& batch, int64_t micro_batch) {
  int64_t mine = 0;
  for (int64_t i = 0; i < batch.ids.numel(); ++i) {
    mine += static_cast<int64_t>(
        common::base::Random(static_cast<uint64_t>(batch.ids[i].item<int64_t>())).bits() >> 20);
  }
  Tensor sum = at::scalar_tensor(mine, at::kLong);
  s.group.all_reduce_(sum);
  constexpr int64_t kExactInDouble = int64_t{1} << 52;
  run.log(s.training.step + 1, "samples",
          {{"sum" + std::to_string(micro_batch),
            static_cast<double>(sum.item<int64_t>() % kExactInDouble)}});
}

// FLOP a second that the ranks reach together, measured at the same time.
double peak_of_all(const Session& s) {
  s.group.barrier();
  Tensor peak =
      at::scalar_tensor(common::train::measured_peak(s.device, s.precision.type), at::kDouble);
  s.group.all_reduce_(peak);
  return peak.item<double>();
}

// FLOP of a training image forward: the mean over the steps, each at the size of its epoch.
double mean_flops(Session& s) {
  std::map<int64_t, double> at_size;
  for (const int64_t size : s.config.sizes) {
    at_size[size] = common::train::total_flops(costs_of(s.network, size, s.device));
  }
  double sum = 0;
  for (int64_t step = 0; step < s.training.steps; ++step) {
    sum += at_size.at(size_in(s.config, step / s.per_epoch));
  }
  return sum / static_cast<double>(s.training.steps);
}

Metrics report(Run& run, const Answers& answers, const common::data::ImageSet& images,
               const Config& config) {
  run.say("of " + std::to_string(images.count) + " validation images " + percent(answers.top(1)) +
          " right, " + percent(answers.top(5)) + " among the first five");
  draw_answers(run, answers, images, config);
  return {{"val_top1", answers.top(1)}, {"val_top5", answers.top(5)}, {"val_loss", answers.loss}};
}

}  // namespace

Metrics train(const Config& config, Run& run) {
  Session s(config, run);
  common::dist::DataParallel parallel = data_parallel(s);
  common::train::Training& training = s.training;
  training.ranks = ranks_of(s.group, parallel);
  const int64_t ranks = s.group.world().size;
  run.say(std::to_string(s.data.train.count) + " images of " +
          std::to_string(s.data.train.classes.size()) + " classes, " + std::to_string(ranks) +
          (ranks == 1 ? " rank" : " ranks, each with its share of every batch"));
  summarise(run, s.network, config.sizes.back(), s.device);
  draw_training_images(run, s.data.train, config, s.seed);

  training.evaluate_every =
      std::max<int64_t>(1, std::llround(config.evaluate_every * static_cast<double>(s.per_epoch)));
  training.save_every_s = config.save_every_s;
  training.log_every = std::clamp<int64_t>(s.per_epoch / 4, 1, 20);
  if (run.writes() && run.config().trace) {
    training.trace = common::train::Trace(run.dir() / "trace.json");
  }
  if (!run.dir().empty()) {
    training.checkpoints =
        common::train::Checkpoints(run.dir() / "checkpoint", s.identity,
                                   {common::train::part_of_tensors("model", s.tensors),
                                    common::train::part_of("optimizer", s.optimizer)},
                                   run.writes());
  }
  s.loader.seek(resume(training, run));

  s.network->train();
  int64_t taken = 0;               // micro-batches of this process
  std::optional<Answers> answers;  // of the weights as they are
  s.group.watch([&] {
    common::train::fit(
        training, run,
        [&] {
          const Batch batch = s.next();
          if (config.log_samples) log_samples(s, run, batch, taken++ % training.micro_batches);
          return batch;
        },
        [&](const Batch& batch, int64_t) { return s.loss_of(batch); },
        [&](int64_t step) {
          answers = look(s, "");
          run.log(step, "val",
                  {{"loss", answers->loss}, {"top1", answers->top(1)}, {"top5", answers->top(5)}});
          run.say("step " + std::to_string(step) + ": " + percent(answers->top(1)) +
                  " of the validation images right");
          return Verdict::kGoOn;
        });
  });

  if (!answers) answers = look(s, "evaluating");  // resumed when all steps were done
  training.ema.swap();  // from here on the network has the weights that count
  if (run.writes()) {
    common::base::save_tensors(run.dir() / "weights.safetensors", s.tensors,
                               {{"classes", common::base::line_of(s.data.train.classes)}});
  }
  Metrics metrics = report(run, *answers, s.data.val, config);
  draw_curves(run);
  metrics.emplace_back("epochs",
                       static_cast<double>(training.step) / static_cast<double>(s.per_epoch));
  const Metrics speed = training.meter.speed(mean_flops(s), peak_of_all(s));
  metrics.insert(metrics.end(), speed.begin(), speed.end());
  metrics.emplace_back("ranks", static_cast<double>(ranks));
  s.group.barrier();  // rank 0 has the store: it must not be the first to leave
  return metrics;
}

void describe(common::base::Settings& s, EvaluateConfig& c) {
  s.add("weights", &c.weights, "folder of a run; empty: the newest that has weights");
  s.add("images", &c.images, "folder with val/; empty: that of the run");
  s.add("val-size", &c.val_size, "side of the images; 0: that of the run").range(0, 1024);
}

Metrics evaluate(const EvaluateConfig& choice, Run& run) {
  const fs::path folder = choice.weights.empty() ? common::base::newest_run("week09_ddp_imagenet",
                                                                            "weights.safetensors")
                                                 : fs::path(choice.weights);
  common::base::require(!folder.empty(),
                        "no run has weights yet: ./dev run week09_ddp_imagenet --preset tiny");
  Config config;
  common::base::Settings settings;
  describe(settings, config);
  const fs::path file = folder / "config.json";
  settings.apply(
      common::base::RunConfig::from_json(common::base::read_json(file), file.string()).settings,
      file.string());
  if (!choice.images.empty()) config.images = choice.images;
  if (choice.val_size > 0) config.val_size = choice.val_size;
  const torch::Device device = device_of(run);
  const auto precision =
      common::train::pick_precision(config.in_double ? "fp32" : run.config().precision, device);
  const common::dist::Group group = join(config, device);
  const common::data::ImageSet images = open_validation(config, run);
  common::nn::ResNet network = make_network(config, static_cast<int64_t>(images.classes.size()),
                                            /*seed=*/0, device, group);
  const fs::path file_of_weights = folder / "weights.safetensors";
  const auto weights = common::base::load_tensors(file_of_weights);
  const auto classes = weights.metadata.find("classes");
  common::base::require(
      classes == weights.metadata.end() || classes->second == common::base::line_of(images.classes),
      folder.string() + " learned other classes than those of the images, or in another order");
  common::base::require(
      group.agree_on(common::base::read_file(file_of_weights) + fingerprint(images) +
                     c10::toString(precision.type) + std::to_string(config.val_size)),
      "the ranks have different weights, images or precision: each machine needs the same");
  common::base::NamedTensors tensors = common::nn::tensors_of(*network);
  common::base::copy_tensors(weights.tensors, tensors, folder.string());
  run.say("weights of " + folder.string());
  const Answers answers =
      answer(network, images, config, group, device, precision.type, "evaluating");
  return report(run, answers, images, config);
}

}  // namespace week09
