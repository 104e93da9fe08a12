// The bytes that pack_images keeps of one file.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "common/data/image_folder.h"
#include "common/data/image_transform.h"
#include "common/data/jpeg_encode.h"
#include "common/data/resample.h"

namespace common::data::internal {

/// Makes them for one file after the other. One for each thread.
class Packer {
 public:
  /// Args: `shorter` and `quality` as in PackOptions.
  Packer(std::int64_t shorter, int quality, const JpegLimits& limits)
      : shorter_(shorter), quality_(quality), decoder_(limits) {}

  /// Returns the file's bytes, or smaller ones; until the next call.
  /// Errors: `Error` when it gives no image.
  std::string_view pack(const std::filesystem::path& path) {
    const std::string_view bytes = read_image_file(path, buffer_);
    const JpegHeader header = decoder_.open(bytes, "");
    const std::int64_t least = std::min(header.width, header.height);
    if (shorter_ > 0 && least > shorter_) return smaller(header);
    decoder_.decode({0, 0, header.width, header.height});
    return bytes;
  }

 private:
  std::string_view smaller(const JpegHeader& header) {
    const std::int64_t least = std::min(header.width, header.height);
    const auto side = [&](std::int64_t n) { return (n * shorter_ + least / 2) / least; };
    image_.width = side(header.width);
    image_.height = side(header.height);
    image_.rgb.resize(static_cast<std::size_t>(3 * image_.width * image_.height));
    const std::int64_t shrink = shrink_for(least, least, shorter_);
    const DecodedPixels pixels = decoder_.decode({0, 0, header.width, header.height}, shrink);
    const auto axis = [&](std::int64_t from, std::int64_t to) {
      return Axis{0, static_cast<double>(from) / static_cast<double>(shrink * to), to};
    };
    row_.resize(static_cast<std::size_t>(3 * image_.width));
    resampler_.run(
        pixels, pixels.region, axis(header.width, image_.width), axis(header.height, image_.height),
        /*mirror=*/false, ChannelLines{}, [&](std::int64_t) { return row_.data(); },
        [&](std::int64_t y, const float* values) {
          image_loops().to_bytes(values, 3 * image_.width,
                                 image_.rgb.data() + y * 3 * image_.width);
        });
    encoded_ = encode_jpeg(image_, quality_);
    return encoded_;
  }

  const std::int64_t shorter_;
  const int quality_;
  JpegDecoder decoder_;
  Resampler resampler_;
  RgbImage image_;
  std::vector<float> row_;
  std::string buffer_, encoded_;
};

}  // namespace common::data::internal
