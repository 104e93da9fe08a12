#include "week04_resnet_cifar/config.h"

#include <algorithm>
#include <cmath>

#include "common/base/error.h"

namespace week04 {

void describe(common::base::Settings& s, Config& c) {
  s.add("network", &c.network, "speed: the small one of the speedrun")
      .one_of({"speed", "resnet18", "resnet34", "resnet50"});
  s.add("widths", &c.widths, "channels of the three blocks of speed").range(12, 4096).count(3, 3);
  // With fewer than 16 channels LibTorch 2.11 can crash in the backward pass of 1x1 convolutions.
  s.add("resnet-width", &c.resnet_width, "channels of a ResNet's first stage").range(16, 1024);
  s.add("validation", &c.validation,
        "images held out of the 50,000 and looked at in place of the test set")
      .range(0, 49'000);
  s.add("limit", &c.limit, "train on so many images only; 0: all").range(0, 50'000);
  s.add("flip", &c.flip, "mirror images: alternating shows each both ways in two epochs")
      .one_of({"none", "random", "alternating"});
  s.add("crop-pad", &c.crop_pad, "shift images by up to so many pixels").range(0, 16);
  s.add("crop-border", &c.crop_border, "what comes in from outside").one_of({"zero", "reflect"});
  s.add("cutout", &c.cutout, "side of a square that is blanked; 0: none").range(0, 32);
  s.add("mixup", &c.mixup, "alpha of mixup; 0: none").range(0, 10);
  s.add("cutmix", &c.cutmix, "alpha of cutmix; 0: none").range(0, 10);
  s.add("jitter", &c.jitter, "change of brightness, contrast, saturation by up to this share")
      .range(0, 1);
  s.add("rotation", &c.rotation, "turn images by up to so many degrees").range(0, 180);
  s.add("epochs", &c.epochs, "passes over the training images").range(0.01, 1000);
  s.add("batch-size", &c.batch_size, "images a step").range(1, 50'000);
  s.add("micro-batch", &c.micro_batch, "images at a time, gradients averaged over a step; 0: all")
      .range(0, 50'000);
  s.add("optimizer", &c.optimizer, "muon: for convolutions, SGD for the rest")
      .one_of({"sgd", "adamw", "muon"});
  s.add("lr", &c.lr, "highest learning rate").range(1e-9, 1000);
  s.add("lr-head", &c.lr_head, "of the last layer and, with muon, of 1x1 convolutions; 0: as lr")
      .range(0, 1000);
  s.add("lr-rest", &c.lr_rest, "of biases and norms; 0: as lr").range(0, 1000);
  s.add("momentum", &c.momentum, "momentum, or beta1 of adamw").range(0, 0.9999);
  s.add("momentum-rest", &c.momentum_rest, "of what muon leaves to SGD").range(0, 0.9999);
  s.add("weight-decay", &c.weight_decay, "of weights; biases and norms have none, nor what muon moves").range(0, 10);
  s.add("schedule", &c.schedule, "of the learning rate")
      .one_of({"one-cycle", "triangle", "cosine", "step", "constant"});
  s.add("rise", &c.rise, "share of the steps in which the rate rises (one-cycle, triangle)")
      .range(0, 1);
  s.add("first", &c.first, "first rate, in shares of lr (one-cycle, triangle)").range(1e-9, 1);
  s.add("last", &c.last, "last rate, in shares of the first (one-cycle) or of lr").range(0, 1);
  s.add("decay-every", &c.decay_every, "epochs between tenfold drops of step; 0: a third of all")
      .range(0, 1000);
  s.add("whitening-axes", &c.whitening_axes, "principal axes that speed's first layer keeps")
      .range(1, 12);
  s.add("whitening-epochs", &c.whitening_epochs, "epochs in which speed's first bias learns")
      .range(0, 1000);
  s.add("label-smoothing", &c.label_smoothing, "share of the target spread over all classes")
      .range(0, 0.9);
  s.add("clip-norm", &c.clip_norm, "largest norm of the gradients; 0: no limit").range(0, 1e6);
  s.add("ema", &c.ema, "decay of the average of weights that is evaluated; 0: none")
      .range(0, 0.99999);
  s.add("lookahead", &c.lookahead, "steps between updates of lookahead's slow weights; 0: none")
      .range(0, 10'000);
  s.add("evaluate-every", &c.evaluate_every, "epochs between looks at the validation images")
      .range(0.01, 1000);
  s.add("patience", &c.patience, "stop after so many looks without a better one; 0: never")
      .range(0, 1000);
  s.add("tta", &c.tta, "also answer with the mean over mirrored and shifted images");
  s.add("workers", &c.workers, "threads that prepare batches").range(0, 64);
  s.add("lanes", &c.lanes, "micro-batches side by side, which share the threads; 0: as many as fit")
      .range(0, 64);
  s.add("images-on-device", &c.images_on_device,
        "keep all images on the GPU and augment there; else in memory, batch by batch");
}

std::int64_t steps_per_epoch(const Config& config, std::int64_t samples) {
  return std::max<std::int64_t>(1, samples / config.batch_size);
}

std::int64_t total_steps(const Config& config, std::int64_t samples) {
  const auto per_epoch = static_cast<double>(steps_per_epoch(config, samples));
  return std::max<std::int64_t>(1, std::llround(config.epochs * per_epoch));
}

std::int64_t early_steps(const Config& config, std::int64_t per_epoch) {
  return std::llround(config.whitening_epochs * static_cast<double>(per_epoch));
}

common::train::Schedule schedule_of(const Config& c, std::int64_t steps, std::int64_t per_epoch) {
  using namespace common::train;
  if (c.schedule == "one-cycle") {
    return one_cycle(c.lr, steps, c.rise, c.first, c.last, c.momentum);
  }
  if (c.schedule == "triangle") return triangle(c.lr, steps, c.first, c.rise, c.last, c.momentum);
  if (c.schedule == "cosine") return cosine(c.lr, steps, c.lr * c.last, c.momentum);
  if (c.schedule == "step") {
    const std::int64_t every = c.decay_every > 0 ? c.decay_every * per_epoch : (steps + 2) / 3;
    return step_decay(c.lr, every, 0.1, c.momentum);
  }
  return constant(c.lr, c.momentum);
}

}  // namespace week04
