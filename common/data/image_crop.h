// Which part of an image a sample shows.
#pragma once

#include <cstdint>

#include "common/base/random.h"
#include "common/data/jpeg.h"

namespace common::data {

/// The random part of RandomResizedCrop.
struct RandomCrop {
  double least_area = 0.08, most_area = 1;             ///< shares of the image's
  double least_ratio = 3.0 / 4, most_ratio = 4.0 / 3;  ///< width over height
};

/// Returns a part whose area is uniform and whose ratio is log-uniform within these ranges. Where
/// ten draws do not fit into the image, its centre, cut to the ratios.
/// Source: torchvision's RandomResizedCrop.get_params; Szegedy et al. 2015, arXiv:1409.4842.
Region random_crop(std::int64_t width, std::int64_t height, const RandomCrop& how,
                   base::Random& random);

/// A square in the middle of an image, in parts of its pixels.
struct CentreCrop {
  double left = 0, top = 0;              ///< where the first output pixel begins
  double column_step = 1, row_step = 1;  ///< input pixels to an output pixel
};

/// Returns where the middle `size` x `size` pixels of the image are, once its shorter side was
/// resized to `shorter`. The longer side is rounded down to whole pixels, the offset to the nearest
/// (halves to even), as by torchvision's Resize and CenterCrop.
CentreCrop centre_crop(std::int64_t width, std::int64_t height, std::int64_t shorter,
                       std::int64_t size);

}  // namespace common::data
