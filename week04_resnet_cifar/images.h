// CIFAR-10 as tensors, and how a batch of it is made.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/data/loader.h"
#include "week04_resnet_cifar/config.h"

namespace week04 {

/// Images as bytes, and their classes.
struct Images {
  at::Tensor pixels;  // [N, 3, 32, 32], uint8
  at::Tensor labels;  // [N], int64
  int64_t size() const { return labels.defined() ? labels.size(0) : 0; }
};

/// What a run trains on and what it looks at.
struct Data {
  Images train;
  Images validation;  // held out of the 50,000; may be empty
  Images test;        // used once, at the end; empty while images are held out
  std::vector<std::string> classes;
};

/// Reads CIFAR-10 from `data_dir` and holds `config.validation` images out, drawn from `seed`.
/// Errors: `Error` when the set is missing or damaged, or too few images are left for a batch.
Data load_data(const Config& config, const std::filesystem::path& data_dir, uint64_t seed);

/// Reads the test images alone.
Images load_test(const std::filesystem::path& data_dir);

/// Moves all images to `device`, where batches are then made.
void to_device_(Data& data, const at::Device& device);

/// Images ready for a network, and what they should be answered with.
struct Batch {
  at::Tensor images;  // [B, 3, 32, 32], float, channels last, each channel with mean 0, deviation 1
  at::Tensor targets;  // [B], int64; or [B, 10], float, after mixup or cutmix
};

/// Returns pixels [B, 3, H, W] (uint8) as the networks of this week want them.
at::Tensor normalise(const at::Tensor& pixels);

/// Returns the augmented batch of a plan.
Batch make_batch(const Images& images, const Config& config, const common::data::BatchPlan& plan,
                 uint64_t seed);

}  // namespace week04
