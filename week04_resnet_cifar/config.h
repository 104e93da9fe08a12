// The settings of week 04: name, default, help and range of each in one place. Without LibTorch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/settings.h"
#include "common/train/schedule.h"

namespace week04 {

/// What is trained, on which images, and how.
struct Config {
  // The network.
  std::string network = "speed";                      // speed, resnet18, resnet34, resnet50
  std::vector<std::int64_t> widths = {64, 256, 256};  // channels of the blocks of `speed`
  std::int64_t resnet_width = 64;                     // channels of a ResNet's first stage
  // The images.
  std::int64_t validation = 0;  // images held out of the 50,000
  std::int64_t limit = 0;       // train on so many only; 0: all
  std::string flip = "random";
  std::int64_t crop_pad = 4;
  std::string crop_border = "zero";
  std::int64_t cutout = 0;
  double mixup = 0, cutmix = 0, jitter = 0, rotation = 0;
  // The steps.
  double epochs = 10;
  std::int64_t batch_size = 128, micro_batch = 0;
  std::string optimizer = "sgd";
  double lr = 0.1, lr_head = 0, lr_rest = 0, momentum = 0.9, momentum_rest = 0.9;
  double weight_decay = 5e-4;
  std::string schedule = "one-cycle";
  double rise = 0.3, first = 0.04, last = 1e-4;  // of the schedule, in shares of steps and of lr
  std::int64_t decay_every = 0;
  std::int64_t whitening_axes = 12;
  double whitening_epochs = 3;
  double label_smoothing = 0, clip_norm = 0, ema = 0;
  std::int64_t lookahead = 0;
  // Looking on.
  double evaluate_every = 1;
  std::int64_t patience = 0;
  bool tta = false;
  std::int64_t workers = 1;
  bool images_on_device = true;
  std::int64_t lanes = 0;
};

void describe(common::base::Settings& settings, Config& config);

/// Returns the steps of an epoch of `samples` images, and of the whole training.
std::int64_t steps_per_epoch(const Config& config, std::int64_t samples);
std::int64_t total_steps(const Config& config, std::int64_t samples);

/// Returns the steps in which speed's first bias learns.
std::int64_t early_steps(const Config& config, std::int64_t per_epoch);

/// Returns the learning rate and momentum of each step.
common::train::Schedule schedule_of(const Config& config, std::int64_t steps,
                                    std::int64_t per_epoch);

}  // namespace week04
