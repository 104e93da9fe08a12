// Parts of JPEGs, resampled, for tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "common/data/resample.h"

namespace tests {

/// Returns the part of an image in `size` x `size`, 0 to 255.
inline std::vector<float> resampled(
    const std::string& jpeg, const common::data::Region& part, std::int64_t size,
    std::int64_t shrink = 1, bool mirror = false,
    const common::data::ImageLoops& loops = common::data::image_loops()) {
  common::data::JpegDecoder decoder;
  common::data::Resampler resampler(loops);
  decoder.open(jpeg, "x");
  const auto pixels = decoder.decode(part, shrink);
  const auto axis = [&](std::int64_t begin, std::int64_t length) {
    const auto by = static_cast<double>(shrink);
    return common::data::Axis{static_cast<double>(begin) / by,
                              static_cast<double>(length) / by / static_cast<double>(size), size};
  };
  std::vector<float> out(static_cast<std::size_t>(3 * size * size));
  resampler.run(
      pixels, pixels.region, axis(part.left, part.width), axis(part.top, part.height), mirror,
      common::data::ChannelLines{}, [&](std::int64_t y) { return out.data() + 3 * size * y; },
      [](std::int64_t, const float*) {});
  return out;
}

/// Returns the largest difference of two lists of as many numbers.
template <class A, class B>
double largest_difference(const std::vector<A>& a, const std::vector<B>& b) {
  EXPECT_EQ(a.size(), b.size());
  double most = a.size() == b.size() ? 0 : 1e9;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    most = std::max(most, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  }
  return most;
}

}  // namespace tests
