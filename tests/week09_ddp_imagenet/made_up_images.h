// A small set of images of the layout of ImageNet: each class has its own colour and pattern.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "common/base/files.h"
#include "common/base/random.h"
#include "common/data/image_ops.h"
#include "common/data/jpeg_encode.h"

namespace tests {

/// Writes `count` images a class into `folder`/CLASS/NUMBER.jpg, three classes.
inline void write_images(const std::filesystem::path& folder, std::int64_t count,
                         std::uint64_t seed) {
  common::base::Random random(seed);
  for (std::int64_t k = 0; k < 3; ++k) {
    const auto in_class = folder / ("class-" + std::to_string(k));
    std::filesystem::create_directories(in_class);
    for (std::int64_t i = 0; i < count; ++i) {
      common::data::RgbImage image;
      image.width = 40 + static_cast<std::int64_t>(random.below(20));
      image.height = 40 + static_cast<std::int64_t>(random.below(20));
      for (std::int64_t y = 0; y < image.height; ++y) {
        for (std::int64_t x = 0; x < image.width; ++x) {
          for (std::int64_t c = 0; c < 3; ++c) {
            const bool stripe = (k == 0 ? x : k == 1 ? y : x + y) / 6 % 2 == 0;
            const double value = (c == k ? 150 : 60) + (stripe ? 60 : 0) + random.uniform(-30, 30);
            image.rgb.push_back(static_cast<std::uint8_t>(value));
          }
        }
      }
      common::base::write_file(in_class / (std::to_string(i) + ".jpg"),
                               common::data::encode_jpeg(image, 90));
    }
  }
}

/// Makes train/ (60 a class) and val/ (20 a class) in `folder`.
inline void write_image_set(const std::filesystem::path& folder) {
  write_images(folder / "train", 60, 1);
  write_images(folder / "val", 20, 2);
}

}  // namespace tests
