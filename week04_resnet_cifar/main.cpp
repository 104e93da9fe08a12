// Week 04: ResNet on CIFAR-10.
//
// Learned here: convolutions and batch norm by hand, residual blocks, the one-cycle policy,
// augmentation, mixed precision, and how to train to a published number.
//   ./dev run week04_resnet_cifar                       a small network, 90 % in minutes
//   ./dev run week04_resnet_cifar --preset speedrun     94 % on two cores
//   ./dev run week04_resnet_cifar --preset resnet18     ResNet-18 with one-cycle
#include <cstdio>
#include <set>

#include "common/base/device.h"
#include "common/base/interrupt.h"
#include "common/base/memory.h"
#include "common/base/program.h"
#include "common/train/precision.h"
#include "week04_resnet_cifar/bench.h"
#include "week04_resnet_cifar/explain.h"
#include "week04_resnet_cifar/find_lr.h"
#include "week04_resnet_cifar/imagenet.h"
#include "week04_resnet_cifar/model_file.h"
#include "week04_resnet_cifar/serve.h"
#include "week04_resnet_cifar/study.h"
#include "week04_resnet_cifar/train.h"
#include "week04_resnet_cifar/use.h"

namespace {
using common::base::Program;
using common::base::Run;
using common::base::RunConfig;

// Trains the preset quick for a command that wants trained weights, when it is given none and there
// are none. Errors: `Interrupted` when that did not end well.
void train_first(Program& week, const std::string& weights, const RunConfig& config) {
  if (!weights.empty() || week04::has_model()) return;
  std::puts("no network is trained yet; the preset quick comes first: about five minutes");
  if (week.run({"train", "--data-dir", config.data_dir.string(), "--device", config.device}) != 0) {
    throw common::base::Interrupted();
  }
}

// Says into the log of a study what its variants compute in: their own trainings keep none.
void say_precisions(const week04::StudyConfig& config, Run& run) {
  std::set<std::string> said;
  for (const auto& [name, variants] : week04::studies()) {
    if (name != config.what) continue;
    for (const week04::Variant& variant : variants) {
      const auto& word = variant.precision.empty() ? run.config().precision : variant.precision;
      const auto device = common::base::pick_device(run.config().device);
      const std::string reason = common::train::pick_precision(word, device).reason;
      if (said.insert(reason).second) run.say("computes in " + reason);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  using namespace week04;
  common::base::keep_freed_memory();
  Program week("week04_resnet_cifar", "Week 04: ResNet and friends on CIFAR-10.");
  week.computes_mixed();
  const auto with_weights = [&week](auto body) {
    return [&week, body](const auto& config, Run& run) {
      train_first(week, config.weights, run.config());
      return body(config, run);
    };
  };
  week.command<Config>("train", "train a preset's network; curves, mistakes and more", "quick",
                       describe, train);
  week.command<EvaluateConfig>("evaluate", "measure trained weights on the test set", "", describe,
                               with_weights(evaluate));
  week.command<FindLrConfig>("find-lr", "raise the learning rate and see where the loss falls",
                             "find-lr", describe, find_lr);
  week.command<WeightsConfig>("predict", "say what is in images of one's own", "", describe,
                              [&](const WeightsConfig& config, Run& run) {
                                require_images(run.config().words);
                                return with_weights(predict)(config, run);
                              });
  week.takes_words("IMAGE");
  week.command<WeightsConfig>("export", "write weights and config for Python", "", describe,
                              with_weights(export_model));
  week.command<ExplainConfig>("explain", "filters, maps, and where the network looks: Grad-CAM", "",
                              describe, with_weights(explain));
  week.command<ImageNetConfig>("imagenet", "1,000 classes by torchvision's published weights", "",
                               describe, imagenet);
  week.takes_words("IMAGE");
  week.command<StudyConfig>("study", "the same training with one thing changed at a time",
                            "study-schedule", describe, [](const StudyConfig& config, Run& run) {
                              say_precisions(config, run);
                              return study(config, run);
                            });
  week.command<BenchConfig>("bench", "the C++ side of ./dev bench week04", "bench-data", describe,
                            bench);
  week.page<ServeConfig>("serve", "a page that says what is in your image, and where it sees that",
                         describe, [&](const ServeConfig& config, const RunConfig& run) {
                           train_first(week, config.weights, run);
                           serve(config, run);
                         });
  return week.main(argc, argv);
}
