#include "week04_resnet_cifar/grid.h"

#include <ATen/ATen.h>

namespace week04 {

common::plot::ImageGrid grid_of(const at::Tensor& images, int64_t columns, int64_t scale) {
  common::plot::ImageGrid grid;
  grid.height = images.size(2);
  grid.width = images.size(3);
  grid.channels = images.size(1);
  grid.columns = columns;
  grid.scale = scale;
  const at::Tensor last =
      images.detach().cpu().to(at::kDouble).permute({0, 2, 3, 1}).contiguous();  // [N, H, W, C]
  grid.pixels.assign(last.data_ptr<double>(), last.data_ptr<double>() + last.numel());
  return grid;
}

}  // namespace week04
