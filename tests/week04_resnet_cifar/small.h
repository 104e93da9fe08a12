// Images and a network small enough for tests.
#pragma once

#include <ATen/ATen.h>

#include "week04_resnet_cifar/config.h"
#include "week04_resnet_cifar/images.h"

namespace tests {

/// Returns images of noise with labels drawn at random.
inline week04::Images noise(int64_t n, uint64_t seed = 0) {
  at::manual_seed(seed);
  return {at::randint(256, {n, 3, 32, 32}, at::kByte), at::randint(10, {n}, at::kLong)};
}

inline week04::Config small() {
  week04::Config config;
  config.widths = {24, 32, 32};
  return config;
}

}  // namespace tests
