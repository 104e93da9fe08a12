// Fuzzes what a visitor sends to week 01's page: recipes, network files and CSV are refused with an
// Error or give values in range that come back equal.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "week01_mlp_xor/recipe.h"

namespace {

using namespace week01;
using common::base::Json;

void require_in_range(const Recipe& recipe) {
  const Config& c = recipe.config;
  bool ok =
      c.points >= 10 && c.points <= 1000 && c.noise >= 0 && c.noise <= 0.5 &&
      c.hidden.size() <= 6 && c.lr >= 0 && c.lr <= 10 && c.validation >= 0 && c.validation <= 0.5 &&
      c.l2 >= 0 && c.l2 <= 1 && c.batch_size >= 0 && c.batch_size <= 1000 && recipe.seed >= 0 &&
      recipe.seed <= 2147483647 && recipe.until >= 0 && recipe.until <= Recipe::kMostSteps &&
      recipe.own.size() <= Recipe::kMostPoints && recipe.changes.size() <= Recipe::kMostChanges;
  for (const std::int64_t units : c.hidden) ok = ok && units >= 1 && units <= 8;
  for (const OwnPoint& p : recipe.own) {
    ok = ok && std::abs(p.x) <= 1e6 && std::abs(p.y) <= 1e6 && (p.label == 0 || p.label == 1);
  }
  std::int64_t last = 0;
  for (const Change& change : recipe.changes) {
    ok = ok && change.step >= last && change.step <= Recipe::kMostSteps;
    last = change.step;
  }
  if (recipe.start) {
    std::size_t parameters = 0;
    const auto& sizes = recipe.start->sizes;
    for (std::size_t l = 0; l + 1 < sizes.size(); ++l) {
      parameters += static_cast<std::size_t>((sizes[l] + 1) * sizes[l + 1]);
    }
    ok = ok && parameters == recipe.start->parameters.size() && parameters <= 400;
  }
  if (!ok) std::abort();
}

}  // namespace

// The first byte picks what the rest is taken for.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  try {
    switch (bytes[0] % 3) {
      case 0: {
        const Recipe recipe = recipe_from_json(common::base::parse_json(text, "recipe"));
        require_in_range(recipe);
        const std::string written = to_json(recipe).dump();
        const Recipe again = recipe_from_json(common::base::parse_json(written, "written"));
        if (to_json(again).dump() != written) std::abort();
        break;
      }
      case 1: {
        const NetworkFile network =
            network_from_json(common::base::parse_json(text, "network"), "network");
        const Json json = to_json(network);
        if (to_json(network_from_json(json, "again")) != json) std::abort();
        break;
      }
      case 2: {
        const Json points = points_from_csv(text);
        require_in_range(recipe_from_json({{"data", "own"}, {"own", points["points"]}}));
        break;
      }
    }
  } catch (const common::base::Error& error) {
    if (std::string_view(error.what()).size() > 1000) std::abort();  // one line for a person
  }
  return 0;
}
