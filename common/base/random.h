// Random numbers that are the same with every standard library: <random> fixes its engines, but not
// its distributions or std::shuffle, so those are written out here.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

namespace common::base {

/// Draws that follow from (seed, stream) alone. A loop that takes its epoch as the stream needs no
/// saved generator to resume.
class Random {
 public:
  /// Args: `stream` picks one of many independent sequences of the same seed.
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0)
      : engine_(mix(mix(seed) ^ stream)) {}

  /// Returns 64 random bits.
  std::uint64_t bits() { return engine_(); }

  /// Returns a number in [0, 1), a multiple of 2^-53.
  double uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }

  /// Returns a number in [low, high).
  double uniform(double low, double high) { return low + (high - low) * uniform(); }

  /// Returns a number of the normal distribution with this mean and standard deviation.
  /// Source: Box and Muller 1958, doi:10.1214/aoms/1177706645. The sine's half is thrown away, so
  /// that nothing but the engine is state. The last bit may differ with the libm's log and cos.
  double normal(double mean = 0.0, double deviation = 1.0) {
    const double u = 1.0 - uniform();  // (0, 1]: its logarithm is finite
    const double angle = 2.0 * std::numbers::pi * uniform();
    return mean + deviation * std::sqrt(-2.0 * std::log(u)) * std::cos(angle);
  }

  /// Returns an integer in [0, n), each equally likely; 0 when n is 0.
  std::uint64_t below(std::uint64_t n) {
    if (n == 0) return 0;
    const std::uint64_t surplus = (0 - n) % n;  // 2^64 mod n: draws below it would favour some
    std::uint64_t draw = engine_();
    while (draw < surplus) draw = engine_();
    return draw % n;
  }

  /// Puts the elements of `values` into an order drawn from all orders alike (Fisher and Yates).
  template <typename T>
  void shuffle(std::vector<T>& values) {
    for (std::size_t left = values.size(); left > 1; --left) {
      std::swap(values[left - 1], values[static_cast<std::size_t>(below(left))]);
    }
  }

  /// Returns 0 to n - 1 in an order drawn from all orders alike.
  std::vector<std::int64_t> permutation(std::int64_t n) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), 0);
    shuffle(order);
    return order;
  }

 private:
  // SplitMix64's finaliser: neighbouring seeds become unlike ones.
  // Source: Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195.
  static std::uint64_t mix(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  }

  std::mt19937_64 engine_;
};

}  // namespace common::base
