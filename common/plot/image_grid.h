// Image grid: many small images (digits, filters, first-layer weights) magnified without blur.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/plot/axes.h"
#include "common/plot/colour_scale.h"
#include "common/plot/picture.h"

namespace common::plot {

/// N images of one size.
struct ImageGrid {
  std::string title = {};
  int64_t height = 0;  // of one image, in its own pixels
  int64_t width = 0;
  int64_t channels = 1;                    // 1 or 3; 3 only with kPlain
  std::vector<double> pixels = {};         // [N, height, width, channels]; NaN is painted grey
  std::vector<std::string> captions = {};  // one under each image, or none at all
  ColourScale colours = ColourScale::kPlain;
  std::optional<Range> range = {};  // default: 0 to 1 for kPlain, else what the values span
  int64_t columns = 0;              // 0: chosen so that the grid is wider than high
  int64_t scale = 0;                // screen pixels per image pixel; 0: images of about 96
};

/// Returns bytes 0..255 as 0..1, for `ImageGrid::pixels`.
std::vector<double> unit_pixels(std::span<const uint8_t> bytes);

/// Returns the grid, with a colour bar unless the colours are plain.
/// Errors: `Error` when sizes, channels, captions or range do not fit, or nothing is to be shown.
Picture draw(const ImageGrid& grid);

}  // namespace common::plot
