#include "week09_ddp_imagenet/config.h"

#include <algorithm>
#include <cmath>

namespace week09 {

void describe(common::base::Settings& s, Config& c) {
  s.add("images", &c.images,
        "folder with train/CLASS/FILE.jpg and val/, or with what `prepare` made; empty: Imagenette")
      .path();
  s.add("on-bad", &c.on_bad, "skip: look into every file first and leave out those that are broken")
      .one_of({"refuse", "skip"});
  s.add("per-class", &c.per_class, "train on the first so many images of each class; 0: all")
      .range(0, 1'000'000);
  s.add("val-per-class", &c.val_per_class, "look at so many of each class; 0: all")
      .range(0, 1'000'000);
  s.add("sizes", &c.sizes, "sides of the training images, each for an equal share of the epochs")
      .range(16, 1024)
      .count(1, 16);
  s.add("val-size", &c.val_size, "side of the images that are looked at").range(16, 1024);
  s.add("least-area", &c.least_area, "smallest share of an image that a random crop shows")
      .range(0.01, 1);
  s.add("rand-augment", &c.rand_augment, "operations of RandAugment an image; 0: none")
      .range(0, 10);
  s.add("magnitude", &c.magnitude, "of RandAugment").range(0, 30);
  s.add("jitter", &c.jitter, "change of brightness, contrast, saturation by up to this share")
      .range(0, 1);
  s.add("network", &c.network, "which ResNet").one_of({"resnet18", "resnet34", "resnet50"});
  s.add("width", &c.width, "channels of its first stage").range(1, 1024);
  s.add("sync-norm", &c.sync_norm, "batch norm over the images of all ranks");
  s.add("double", &c.in_double, "weights and arithmetic in fp64, to see how equal two runs are");
  s.add("epochs", &c.epochs, "passes over the training images").range(0.001, 1000);
  s.add("batch-size", &c.batch_size, "images a step, of all ranks together").range(1, 1'000'000);
  s.add("accumulate", &c.accumulate, "micro-batches that a step is cut into").range(1, 1024);
  s.add("drop-last", &c.drop_last, "leave out the last batch of an epoch when it is not full");
  s.add("schedule", &c.schedule, "of the learning rate").one_of({"one-cycle", "cosine", "step"});
  s.add("lr", &c.lr, "highest learning rate").range(1e-9, 1000);
  s.add("momentum", &c.momentum, "momentum of SGD").range(0, 0.9999);
  s.add("weight-decay", &c.weight_decay, "of weights; biases and norms have none").range(0, 10);
  s.add("rise", &c.rise, "share of the steps in which the rate rises (one-cycle)").range(0, 1);
  s.add("first", &c.first, "first rate, in shares of lr (one-cycle)").range(1e-9, 1);
  s.add("last", &c.last, "last rate, in shares of the first (one-cycle) or of lr").range(0, 1);
  s.add("label-smoothing", &c.label_smoothing, "share of the target spread over all classes")
      .range(0, 0.9);
  s.add("clip-norm", &c.clip_norm, "largest norm of the gradients; 0: no limit").range(0, 1e6);
  s.add("ema", &c.ema, "decay of the average of weights that is evaluated; 0: none")
      .range(0, 0.99999);
  s.add("bucket-mb", &c.bucket_mb, "gradients that travel together, in megabytes")
      .range(0.001, 1e4);
  s.add("compress", &c.compress, "send gradients as bf16");
  s.add("timeout-s", &c.timeout_s, "seconds that a rank waits for the others").range(1, 86'400);
  s.add("evaluate-every", &c.evaluate_every, "epochs between looks at the validation images")
      .range(0.001, 1000);
  s.add("save-every-s", &c.save_every_s, "seconds between checkpoints").range(0, 86'400);
  s.add("log-samples", &c.log_samples, "log a sum over the ids of each step's images");
  s.add("workers", &c.workers, "threads of each rank that prepare batches").range(0, 256);
}

std::int64_t size_in(const Config& config, std::int64_t epoch) {
  const auto count = static_cast<double>(config.sizes.size());
  const double share = static_cast<double>(epoch) / std::max(1.0, std::ceil(config.epochs));
  const auto i = static_cast<std::size_t>(std::min(count - 1, std::floor(share * count)));
  return config.sizes[i];
}

std::int64_t steps_per_epoch(const Config& c, std::int64_t samples) {
  const std::int64_t steps = (samples + (c.drop_last ? 0 : c.batch_size - 1)) / c.batch_size;
  return std::max<std::int64_t>(1, steps);
}

std::int64_t total_steps(const Config& config, std::int64_t samples) {
  const auto per_epoch = static_cast<double>(steps_per_epoch(config, samples));
  return std::max<std::int64_t>(1, std::llround(config.epochs * per_epoch));
}

common::train::Schedule schedule_of(const Config& c, std::int64_t steps) {
  using namespace common::train;
  if (c.schedule == "cosine") return cosine(c.lr, steps, c.lr * c.last, c.momentum);
  if (c.schedule == "step") return step_decay(c.lr, (steps + 2) / 3, 0.1, c.momentum);
  return one_cycle(c.lr, steps, c.rise, c.first, c.last, c.momentum);
}

}  // namespace week09
