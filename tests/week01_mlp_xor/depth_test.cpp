// The second page's numbers.
#include "week01_mlp_xor/depth.h"

#include <gtest/gtest.h>

namespace {
using namespace week01;
using common::base::Json;

double value(const Json& json, const std::string& function, const char* row, size_t layer) {
  for (const auto& f : json["functions"]) {
    if (f["name"] == function) return f[row][layer].get<double>();
  }
  ADD_FAILURE() << "no function " << function;
  return 0;
}

// What the lesson says: the sigmoid's slope is at most a quarter, so each layer takes at least that
// much of the gradient; ReLU with He's weights keeps its size.
TEST(Depth, SigmoidsLoseTheGradientAndReluKeepsIt) {
  const Json he = gradient_through_depth({.depth = 20, .width = 64, .init = "he", .seed = 0});
  EXPECT_LT(value(he, "sigmoid", "gradient", 0), 1e-6 * value(he, "sigmoid", "gradient", 19));
  const double kept = value(he, "relu", "gradient", 0) / value(he, "relu", "gradient", 19);
  EXPECT_GT(kept, 0.05);
  EXPECT_LT(kept, 20);
  const Json small = gradient_through_depth({.depth = 20, .init = "small-normal"});
  EXPECT_LT(value(small, "relu", "activation", 19), 1e-12);
}

TEST(Depth, CurvesAreTheFunctionsAndTheirSlopes) {
  const Json curves = activation_curves();
  EXPECT_EQ(curves["z"].size(), 161u);
  EXPECT_EQ(curves["functions"].size(), activation_names().size());
  EXPECT_NEAR(value(curves, "sigmoid", "f", 80), 0.5, 1e-12);
  EXPECT_NEAR(value(curves, "sigmoid", "slope", 80), 0.25, 1e-12);
  EXPECT_NEAR(value(curves, "leaky-relu", "slope", 0), 0.01, 1e-12);
}

}  // namespace
