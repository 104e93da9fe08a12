#include "common/data/image_crop.h"

#include <algorithm>
#include <cmath>

namespace common::data {
namespace {

// To the nearest, halves to even, as Python's round.
std::int64_t rounded(double value) { return static_cast<std::int64_t>(std::nearbyint(value)); }

// The largest centred part whose ratio is allowed.
Region fallback(std::int64_t width, std::int64_t height, const RandomCrop& how) {
  const double w = static_cast<double>(width), h = static_cast<double>(height);
  std::int64_t part_width = width, part_height = height;
  if (w / h < how.least_ratio) part_height = rounded(w / how.least_ratio);
  if (w / h > how.most_ratio) part_width = rounded(h * how.most_ratio);
  part_width = std::clamp<std::int64_t>(part_width, 1, width);
  part_height = std::clamp<std::int64_t>(part_height, 1, height);
  return {(width - part_width) / 2, (height - part_height) / 2, part_width, part_height};
}

}  // namespace

Region random_crop(std::int64_t width, std::int64_t height, const RandomCrop& how,
                   base::Random& random) {
  const double area = static_cast<double>(width) * static_cast<double>(height);
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double part = area * random.uniform(how.least_area, how.most_area);
    const double ratio =
        std::exp(random.uniform(std::log(how.least_ratio), std::log(how.most_ratio)));
    const std::int64_t w = rounded(std::sqrt(part * ratio)), h = rounded(std::sqrt(part / ratio));
    if (w < 1 || h < 1 || w > width || h > height) continue;
    const auto place = [&](std::int64_t room) {
      return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(room + 1)));
    };
    const std::int64_t top = place(height - h), left = place(width - w);
    return {left, top, w, h};
  }
  return fallback(width, height, how);
}

CentreCrop centre_crop(std::int64_t width, std::int64_t height, std::int64_t shorter,
                       std::int64_t size) {
  const std::int64_t least = std::min(width, height);
  const auto side = [&](std::int64_t length) {
    return std::max(shorter * length / least, shorter);
  };
  const std::int64_t resized_width = side(width), resized_height = side(height);
  CentreCrop crop;
  crop.column_step = static_cast<double>(width) / static_cast<double>(resized_width);
  crop.row_step = static_cast<double>(height) / static_cast<double>(resized_height);
  const auto offset = [&](std::int64_t length) { return std::nearbyint((length - size) / 2.0); };
  crop.left = offset(resized_width) * crop.column_step;
  crop.top = offset(resized_height) * crop.row_step;
  return crop;
}

}  // namespace common::data
