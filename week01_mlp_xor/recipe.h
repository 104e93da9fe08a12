// What the playground's address carries: everything that a network on the page follows from.
// Without LibTorch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/json.h"
#include "week01_mlp_xor/config.h"
#include "week01_mlp_xor/network_file.h"

namespace week01 {

/// A point that the visitor set.
struct OwnPoint {
  double x = 0, y = 0;
  std::int64_t label = 0;  // 0 or 1
};

/// A setting that was changed while the network trained.
struct Change {
  std::int64_t step = 0;  // before which it was changed
  std::string name;
  common::base::Json value;
};

/// The settings of a network and how it was trained; equal recipes give equal networks.
struct Recipe {
  static constexpr std::size_t kMostPoints = 2000, kMostChanges = 1000;
  static constexpr std::int64_t kMostSteps = 10'000'000;

  Config config;
  std::int64_t seed = 0;
  std::vector<OwnPoint> own;         // the data when config.data is "own"
  std::optional<NetworkFile> start;  // weights to begin from, in place of drawn ones
  std::vector<Change> changes;       // by step
  std::int64_t until = 0;            // steps to train at once

  Recipe();  // the preset `xor`
};

/// Reads a recipe; keys that are absent keep their default.
/// Errors: `Error` for an unknown key, a value of another type or out of range (up to 6 layers of 8
/// units and 1,000 points), a start that does not fit.
Recipe recipe_from_json(const common::base::Json& json);
common::base::Json to_json(const Recipe& recipe);

/// Changes one of the settings that may change while the network trains: lr, l2, batch-size,
/// optimizer. Errors: `Error` for another name or a bad value; the config keeps its own.
void apply_change(Config& config, const std::string& name, const common::base::Json& value);

/// Reads a visitor's CSV: x, y, class, with or without a row of names.
/// Returns: {"points": [[x, y, label], ...], "classes": [2]}.
/// Errors: `Error` unless it has two features, at most two classes and at most 2,000 rows.
common::base::Json points_from_csv(const std::string& csv);

}  // namespace week01
