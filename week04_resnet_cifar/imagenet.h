// `imagenet`: torchvision's published ResNets answer with 1,000 classes.
#pragma once

#include <string>

#include "common/base/named_tensors.h"
#include "common/base/run.h"
#include "common/base/settings.h"
#include "common/nn/resnet.h"

namespace week04 {

/// Settings of `imagenet`.
struct ImageNetConfig {
  std::string weights, classes;
};
void describe(common::base::Settings& settings, ImageNetConfig& config);

/// Returns the ResNet-18, -34 or -50 that the tensors are of, in evaluation mode.
/// Errors: `Error` when they are of none.
common::nn::ResNet resnet_of(common::base::NamedTensors state, const std::string& what);

/// Prints the five most probable classes of each image named on the command line.
/// Returns nothing measured.
common::base::Metrics imagenet(const ImageNetConfig& config, common::base::Run& run);

}  // namespace week04
