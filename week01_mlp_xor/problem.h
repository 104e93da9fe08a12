// The data sets of week 01 as tensors. N samples, D features, K outputs; float64.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "week01_mlp_xor/config.h"
#include "week01_mlp_xor/network_file.h"

namespace week01 {

/// Samples of one split.
struct Samples {
  torch::Tensor x;      // [N, D]
  torch::Tensor label;  // [N], int64
  int64_t size() const { return x.defined() ? x.size(0) : 0; }
};

/// A classification problem.
struct Problem {
  std::string name;
  std::vector<std::string> classes;
  Samples train;
  Samples test;  // empty: the set has no test split
  /// "validation" for samples that are looked at during training: --validation, synthetic sets.
  std::string test_name = "test";
  Scaling scaling = {};  // of x, against the features as they were given
  int64_t inputs() const { return train.x.size(1); }
  bool is_plane() const { return inputs() == 2; }
};

/// Loads or makes the data that `config` names. Synthetic sets follow from `seed`, and hold every
/// other pair of points out.
/// Errors: `Error` when a set is missing (with the command that gets it) or cannot be read.
Problem load_problem(const Config& config, const std::filesystem::path& data_dir, uint64_t seed);

/// Returns the samples at `index`.
Samples select(const Samples& samples, const std::vector<int64_t>& index);

/// Scales both splits so that the training features have mean 0 and deviation 1; a constant feature
/// becomes 0. Returns what was done.
Scaling standardise_(Samples& train, Samples& test);

/// Returns what the network should answer, y [N, K]: one-hot, or for one output 0 and 1.
torch::Tensor targets(const torch::Tensor& label, int64_t outputs);

/// Moves both splits to the device.
void to_device_(Problem& problem, const torch::Device& device);

}  // namespace week01
