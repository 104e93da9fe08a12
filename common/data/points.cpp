#include "common/data/points.h"

#include <cmath>
#include <numbers>
#include <string>

#include "common/base/error.h"
#include "common/base/random.h"

namespace common::data {
namespace {

using base::Random;

void check(const std::string& what, std::int64_t n, double noise) {
  base::require(n >= 2, what + ": wanted at least 2 points, found " + std::to_string(n));
  base::require(noise >= 0 && std::isfinite(noise),
                what + ": wanted a finite noise of at least 0, found " + std::to_string(noise));
}

void add(Points& points, double x, double y, std::int64_t label, double noise, Random& random) {
  const double dx = noise * random.normal();
  const double dy = noise * random.normal();
  points.x.push_back({x + dx, y + dy});
  points.label.push_back(label);
}

}  // namespace

Points xor_points() { return {{{0, 0}, {0, 1}, {1, 0}, {1, 1}}, {0, 1, 1, 0}}; }

Points circles(std::int64_t n, double noise, std::uint64_t seed) {
  check("circles", n, noise);
  Random random(seed);
  Points points;
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t label = i % 2;
    const double radius = label == 0 ? 1.0 : 0.5;
    const double angle = random.uniform(0, 2 * std::numbers::pi);
    add(points, radius * std::cos(angle), radius * std::sin(angle), label, noise, random);
  }
  return points;
}

Points spirals(std::int64_t n, double noise, std::uint64_t seed) {
  check("spirals", n, noise);
  constexpr double kTurns = 2;
  Random random(seed);
  Points points;
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t label = i % 2;
    const auto on_arm = static_cast<double>((n + 1 - label) / 2);
    // The length of a spiral grows as the square of its radius.
    const double radius = std::sqrt((static_cast<double>(i / 2) + 0.5) / on_arm);
    const double angle = std::numbers::pi * (2 * kTurns * radius + static_cast<double>(label));
    add(points, radius * std::cos(angle), radius * std::sin(angle), label, noise, random);
  }
  return points;
}

}  // namespace common::data
