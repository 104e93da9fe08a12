// A network as a JSON file: what the page saves and loads, and `train --init-from` reads. Without
// LibTorch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/base/json.h"
#include "week01_mlp_xor/choices.h"

namespace week01 {

/// How features are scaled before the network sees them: (x - mean) * scale.
struct Scaling {
  std::vector<double> mean, scale;  // [D]; empty: as they are
};

/// A network in numbers. L layers of n_l units, n_0 inputs.
struct NetworkFile {
  std::vector<std::int64_t> sizes;  // {n_0, ..., n_L}
  Activation activation = Activation::kTanh;
  Output output = Output::kSigmoid;
  Scaling scaling;
  /// [P]: for each layer its weights [n_l-1, n_l] row by row, then its biases [n_l].
  std::vector<double> parameters;
};

/// Returns the network as JSON; every number comes back to the bit.
common::base::Json to_json(const NetworkFile& network);

/// Reads what to_json writes; `name` stands for it in messages.
/// Errors: `Error` that names what is missing, unknown, not finite or of the wrong length. At most
/// 16 hidden layers, 8,192 units in a layer, 20 million parameters.
NetworkFile network_from_json(const common::base::Json& json, const std::string& name);

/// The same for a file.
NetworkFile read_network(const std::filesystem::path& path);

}  // namespace week01
