// The settings of week 01: name, default, help and range of each in one place. Without LibTorch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/settings.h"
#include "week01_mlp_xor/choices.h"

namespace week01 {

/// What is learned, by which network, and how.
struct Config {
  std::string data = "xor";
  std::string csv;  // file of data = csv
  std::int64_t points = 400;
  double noise = 0.1;
  std::vector<std::int64_t> hidden = {4};
  std::string activation = "tanh", output = "auto", loss = "auto", init = "xavier";
  std::string init_from;  // network file, "" for none
  std::string optimizer = "adam", schedule = "constant";
  double lr = 0.05, momentum = 0.9, beta1 = 0.9, beta2 = 0.999;
  double l2 = 0, dropout = 0, input_dropout = 0;
  std::int64_t epochs = 2000, batch_size = 0;
  std::int64_t folds = 0, shuffles = 1;
  double validation = 0;
  std::int64_t evaluate_every = 0;
};

void describe(common::base::Settings& settings, Config& config);

/// Returns the output function and loss that `auto` stands for: sigmoid and binary cross-entropy
/// for two classes, softmax and categorical cross-entropy for more.
/// Errors: `Error` for a pair that is not defined.
Output output_of(const Config& config, std::int64_t classes);
Loss loss_of(const Config& config, std::int64_t classes);

/// Returns the learning rate of `step` (from 0) out of `steps`, by the schedule.
double learning_rate(const Config& config, std::int64_t step, std::int64_t steps);

}  // namespace week01
