// JPEG files from pixels, through libjpeg-turbo.
#pragma once

#include <string>

#include "common/data/image_ops.h"

namespace common::data {

/// Returns the image as a JPEG of this quality (1 to 100), colours at half the resolution.
/// Errors: `Error` for an image without pixels, of more than 65500 in a direction, or when memory
/// runs out.
std::string encode_jpeg(const RgbImage& image, int quality);

}  // namespace common::data
