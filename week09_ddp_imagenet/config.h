// The settings of week 09: name, default, help and range of each in one place. Without LibTorch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/settings.h"
#include "common/train/schedule.h"

namespace week09 {

/// What is trained, on which images, and how.
struct Config {
  // The images.
  std::string images;  // folder with train/ and val/; empty: the subset of Imagenette
  std::string on_bad = "refuse";
  std::int64_t per_class = 0, val_per_class = 0;  // images of each class; 0: all
  std::vector<std::int64_t> sizes = {128};        // of training, in pixels, one after the other
  std::int64_t val_size = 128;
  double least_area = 0.35;
  std::int64_t rand_augment = 0, magnitude = 9;  // operations an image, and how strong
  double jitter = 0;
  // The network.
  std::string network = "resnet50";  // resnet18, resnet34, resnet50
  std::int64_t width = 64;
  bool sync_norm = false, in_double = false;
  // The steps.
  double epochs = 10;
  std::int64_t batch_size = 64, accumulate = 1;
  bool drop_last = true;
  std::string schedule = "one-cycle";
  double lr = 0.1, momentum = 0.9, weight_decay = 5e-5;
  double rise = 0.3, first = 0.04, last = 1e-4;  // of the schedule, in shares of steps and of lr
  double label_smoothing = 0.1, clip_norm = 0, ema = 0;
  // The ranks.
  double bucket_mb = 25;
  bool compress = false;
  double timeout_s = 300;
  // Looking on.
  double evaluate_every = 1, save_every_s = 60;
  bool log_samples = false;
  std::int64_t workers = 1;
};

void describe(common::base::Settings& settings, Config& config);

/// Returns the side of the training images in `epoch`: each size has an equal share of the epochs.
std::int64_t size_in(const Config& config, std::int64_t epoch);

/// Returns the steps of an epoch of `samples` images, and of the whole training.
std::int64_t steps_per_epoch(const Config& config, std::int64_t samples);
std::int64_t total_steps(const Config& config, std::int64_t samples);

/// Returns the learning rate and momentum of each step.
common::train::Schedule schedule_of(const Config& config, std::int64_t steps);

}  // namespace week09
