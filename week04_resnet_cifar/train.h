// `train`: trains a preset's network.
#pragma once

#include "common/base/run.h"
#include "week04_resnet_cifar/config.h"

namespace week04 {

/// Trains what the settings say; leaves weights.safetensors, curves and pictures.
/// Returns: `test_accuracy`, `test_loss` and, with tta, `tta_accuracy`, of the test set, read once;
/// or, when images are held out, `validation_accuracy`, `validation_loss`,
/// `validation_tta_accuracy` of those; `epochs`, `train_seconds`, `images_per_s`,
/// `flops_per_s`, `share_of_peak`.
common::base::Metrics train(const Config& config, common::base::Run& run);

}  // namespace week04
