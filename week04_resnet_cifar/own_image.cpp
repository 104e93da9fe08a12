#include "week04_resnet_cifar/own_image.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "common/plot/picture.h"

namespace week04 {
using torch::Tensor;

Tensor to_cifar(std::string_view bytes, const std::string& name) {
  const auto picture = common::plot::decode_image(bytes, name);
  const Tensor all = at::tensor(at::ArrayRef<uint8_t>(picture.rgb), at::kByte)
                         .view({picture.height, picture.width, 3})
                         .permute({2, 0, 1})
                         .unsqueeze(0);  // [1, 3, H, W]
  const int64_t side = std::min(picture.height, picture.width);
  const Tensor square = all.narrow(2, (picture.height - side) / 2, side)
                            .narrow(3, (picture.width - side) / 2, side)
                            .to(at::kFloat);  // [1, 3, side, side]
  return at::_upsample_bilinear2d_aa(square, {32, 32}, /*align_corners=*/false)
      .round()
      .clamp(0, 255)
      .to(at::kByte);  // [1, 3, 32, 32]
}

}  // namespace week04
