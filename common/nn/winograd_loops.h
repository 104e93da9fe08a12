// The inner loops of Winograd's convolution: an image's pixels to the numbers that are multiplied,
// and back. A map is cut into tiles of 4 x 4 outputs; each has 36 numbers a channel. Images are in
// channels_last, where a pixel's channels are neighbours, and go through in vectors of 8 channels.
// Call them where common::base::has_vectors() says yes.
#pragma once

#include <cstdint>

namespace common::nn {

/// How B maps of H x W are cut: the tiles at the lower and right edge may reach over it.
struct Tiles {
  std::int64_t images, height, width;
  std::int64_t rows = (height + 3) / 4, columns = (width + 3) / 4;

  std::int64_t count() const { return images * rows * columns; }
};

/// Channels that a loop takes at once: their number must be a multiple.
inline constexpr std::int64_t kChannelsAtOnce = 8;

// Each takes the tiles begin to end of all. Planes [36, end - begin, channels], `stride` numbers
// from one plane to the next.

/// planes = B^T d B of the 6 x 6 pixels d that each tile's outputs depend on; 0 beyond the edges.
/// Args: x [B, H, W, channels].
void spread_inputs(const Tiles& tiles, std::int64_t begin, std::int64_t end, std::int64_t channels,
                   const float* x, float* planes, std::int64_t stride);

/// y = A^T m A of each tile's planes m: its 4 x 4 outputs, y [B, H, W, channels].
void gather_outputs(const Tiles& tiles, std::int64_t begin, std::int64_t end, std::int64_t channels,
                    const float* planes, std::int64_t stride, float* y);

/// planes = A dy A^T of the gradients dy of each tile's outputs: gather_outputs backward.
/// Args: dy [B, H, W, channels].
void spread_gradients(const Tiles& tiles, std::int64_t begin, std::int64_t end,
                      std::int64_t channels, const float* dy, float* planes, std::int64_t stride);

/// to = from^T. Args: from [rows, columns], `row` numbers from one row to the next; to dense.
void transpose(std::int64_t rows, std::int64_t columns, const float* from, std::int64_t row,
               float* to);

}  // namespace common::nn
