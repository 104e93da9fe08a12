#include "week04_resnet_cifar/own_image.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <mutex>

#include "common/base/error.h"
#include "common/data/image_transform.h"
#include "common/plot/picture.h"

namespace week04 {
using torch::Tensor;

namespace {

std::mutex one_at_a_time;

// [1, 3, H, W], uint8.
Tensor decoded(std::string_view bytes, const std::string& name) {
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
