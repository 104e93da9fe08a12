// Images in tensors as grids that are drawn.
#pragma once

#include <ATen/core/Tensor.h>

#include "common/plot/image_grid.h"

namespace week04 {

/// Returns a grid of images [N, C, H, W] of numbers from 0 to 1, to which titles and captions can
/// be added.
/// Args: `columns` of the grid; `scale`: screen pixels per image pixel, 0: images of about 96.
common::plot::ImageGrid grid_of(const at::Tensor& images, int64_t columns, int64_t scale);

}  // namespace week04
