// `bench`: the C++ side of ./dev bench week09, the loader; bench/week09.py is the Python side and
// asks both.
#pragma once

#include <string>

#include "common/base/run.h"
#include "common/base/settings.h"
#include "week09_ddp_imagenet/config.h"

namespace week09 {

/// Settings of `bench`: those of a training, and what is measured.
struct BenchConfig {
  Config config;
  std::string what = "batches";
};
void describe(common::base::Settings& settings, BenchConfig& config);

/// Prints {"losses": [...]}: means of three groups of validation images, which Python compares with
/// its own. Then, for each line N on standard input, makes the batches of N epochs, or with --what
/// decode decodes all their images in full and does nothing with them, and prints
/// {"images_per_s": ...}, until the input ends. Returns nothing measured.
common::base::Metrics bench(const BenchConfig& config, common::base::Run& run);

}  // namespace week09
