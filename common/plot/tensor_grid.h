// Tensors as what plot draws: images, whole numbers. For targets that link LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "common/plot/image_grid.h"

namespace common::plot {

/// Returns a grid of images [N, C, H, W] of numbers from 0 to 1, to which titles and captions can
/// be added.
/// Args: `columns` of the grid; `scale`: screen pixels per image pixel, 0: images of about 96.
inline ImageGrid grid_of(const at::Tensor& images, int64_t columns, int64_t scale) {
  ImageGrid grid;
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

/// Returns the elements of a tensor, row by row.
inline std::vector<int64_t> whole_numbers(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.to(at::kLong).contiguous();
  return {flat.data_ptr<int64_t>(), flat.data_ptr<int64_t>() + flat.numel()};
}

}  // namespace common::plot
