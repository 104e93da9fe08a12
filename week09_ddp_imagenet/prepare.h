// `prepare`: a folder of images as two packed files.
#pragma once

#include <string>

#include "common/base/run.h"
#include "common/base/settings.h"

namespace week09 {

/// Settings of `prepare`.
struct PrepareConfig {
  std::string images, to, on_bad = "refuse";
  int64_t shorter = 0, quality = 90;
};
void describe(common::base::Settings& settings, PrepareConfig& config);

/// Packs train/ and val/ of a folder into train.images and val.images; goes on where it was
/// stopped. Returns images, bad and bytes.
common::base::Metrics prepare(const PrepareConfig& config, common::base::Run& run);

}  // namespace week09
