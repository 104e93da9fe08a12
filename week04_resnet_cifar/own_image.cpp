#include "week04_resnet_cifar/own_image.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <mutex>

#include "common/base/error.h"
#include "common/data/image_transform.h"
#include "common/data/jpeg.h"
#include "common/plot/picture.h"

namespace week04 {
using torch::Tensor;

namespace {

std::mutex one_at_a_time;

// The scans of a JPEG, up to the end of its image: from marker to marker, as its decoder goes. What
// is reserved (below C0) has no length for a decoder that looks for the next restart.
std::int64_t scans_in(std::string_view jpeg) {
  constexpr unsigned kEnd = 0xD9, kScan = 0xDA;
  const auto byte = [&](size_t at) { return static_cast<unsigned char>(jpeg[at]); };
  std::int64_t scans = 0;
  for (size_t at = 2; (at = jpeg.find('\xFF', at)) != jpeg.npos && at + 3 < jpeg.size();) {
    const unsigned marker = byte(++at);
    if (marker == kEnd) break;
    if (marker == 0xFF) continue;  // padding
    ++at;
    if (marker < 0xC0 || (marker >= 0xD0 && marker <= 0xD8)) continue;  // data, or alone
    if (marker == kScan) ++scans;
    at += 256U * byte(at) + byte(at + 1);  // its segment, which the two bytes belong to
  }
  return scans;
}

// A progressive JPEG goes over its pixels in scans, of which a few bytes can ask: 20 MB of them
// would take minutes.
void require_few_scans(std::string_view bytes, const std::string& name) {
  constexpr std::int64_t kMostScans = common::data::JpegLimits{}.most_scans;
  if (!bytes.starts_with("\xFF\xD8")) return;
  const std::int64_t scans = scans_in(bytes);
  common::base::require(scans <= kMostScans, name + " is a JPEG of " + std::to_string(scans) +
                                                 " scans, at most " + std::to_string(kMostScans) +
                                                 " are taken");
}

// [1, 3, H, W], uint8.
Tensor decoded(std::string_view bytes, const std::string& name) {
  require_few_scans(bytes, name);
  const auto picture = common::plot::decode_image(bytes, name);
  return at::tensor(at::ArrayRef<uint8_t>(picture.rgb), at::kByte)
      .view({picture.height, picture.width, 3})
      .permute({2, 0, 1})
      .unsqueeze(0);
}

Tensor middle(const Tensor& image, int64_t side) {
  return image.narrow(2, (image.size(2) - side) / 2, side)
      .narrow(3, (image.size(3) - side) / 2, side);  // [1, 3, side, side]
}

// Bilinear, over as much as a pixel covers. Returns: float, whole numbers from 0 to 255.
Tensor resized(const Tensor& image, int64_t height, int64_t width) {
  return at::_upsample_bilinear2d_aa(image.to(at::kFloat), {height, width}, /*align_corners=*/false)
      .round()
      .clamp(0, 255);
}

}  // namespace

Tensor to_cifar(std::string_view bytes, const std::string& name) {
  const std::scoped_lock lock(one_at_a_time);
  const Tensor all = decoded(bytes, name);
  const Tensor square = middle(all, std::min(all.size(2), all.size(3)));
  return resized(square, 32, 32).to(at::kByte);  // [1, 3, 32, 32]
}

Tensor to_imagenet(std::string_view bytes, const std::string& name) {
  constexpr int64_t kShorter = 256, kSide = 224;
  const std::scoped_lock lock(one_at_a_time);
  const Tensor all = decoded(bytes, name);
  const int64_t H = all.size(2), W = all.size(3), shorter = std::min(H, W);
  common::base::require(std::max(H, W) <= 50 * shorter, name + " is too long and narrow");
  const Tensor small = resized(all, kShorter * H / shorter, kShorter * W / shorter);
  const auto per_channel = [](const std::array<double, 3>& values) {
    return at::tensor(at::ArrayRef<double>(values), at::kFloat).view({1, 3, 1, 1});
  };
  return (middle(small, kSide) / 255 - per_channel(common::data::kImageNetMean)) /
         per_channel(common::data::kImageNetDeviation);
}

}  // namespace week04
