// Trained networks on disk: what evaluate, predict and export begin with.
#pragma once

#include <filesystem>
#include <string>

#include "common/base/run.h"
#include "week04_resnet_cifar/network.h"

namespace week04 {

/// A trained network and the settings that it was made by.
struct Model {
  std::filesystem::path folder;
  Config config;
  std::vector<std::string> classes;
  Network network;  // in evaluation mode
};

/// Adds the setting --weights, as load_model takes it.
void describe_weights(common::base::Settings& settings, std::string& weights);

/// Loads a model from a run's folder or from what `export` wrote. With "" the newest run of this
/// week that has weights.
/// Errors: `Error` when there is none, or its files are missing, damaged or do not fit together; it
/// says how to train one.
Model load_model(const std::string& folder, const torch::Device& device);

/// Returns whether a run of this week has left weights.
bool has_model();

/// Returns the ten classes of CIFAR-10 in the order of their labels.
const std::vector<std::string>& class_names();

}  // namespace week04
