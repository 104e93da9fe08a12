// `bench`: the C++ side of ./dev bench week04; bench/week04.py is the Python side and asks both.
#pragma once

#include <string>

#include "common/base/run.h"
#include "common/base/settings.h"
#include "week04_resnet_cifar/config.h"

namespace week04 {

/// Settings of `bench`: those of a training, and what is measured.
struct BenchConfig {
  Config config;
  std::string what = "data";
  bool direct = false;  // LibTorch's convolutions in place of ours
};
void describe(common::base::Settings& settings, BenchConfig& config);

/// Writes start.safetensors (the first weights and three batches), takes three steps on them and
/// prints their losses as {"losses": [...], "precision": "fp32" or "bf16"}. Then, for each line N
/// on standard input, does N steps (or N answers to one image) and prints {"images_per_s": ...},
/// until the input ends. Returns nothing measured.
common::base::Metrics bench(const BenchConfig& config, common::base::Run& run);

}  // namespace week04
