#include "common/nn/winograd_loops.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace common::nn {
namespace {

// The same number of 8 channels.
typedef float Lanes __attribute__((vector_size(4 * kChannelsAtOnce)));

Lanes load(const float* from) {
  Lanes lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}

void store(float* to, const Lanes& lanes) { std::memcpy(to, &lanes, sizeof lanes); }

// The three transforms of a line of numbers, `step` apart; the matrices are those of Lavin and Gray
// 2015, arXiv:1509.09308, section 4.3.

// B^T: 6 to 6.
inline void transform_input(const Lanes* d, Lanes* t, int step) {
  const Lanes d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step],
              d5 = d[5 * step];
  const Lanes even = d4 - 4 * d2, odd = d3 - 4 * d1, even2 = d4 - d2, odd2 = 2 * (d3 - d1);
  t[0] = 4 * d0 - 5 * d2 + d4;
  t[step] = even + odd;
  t[2 * step] = even - odd;
  t[3 * step] = even2 + odd2;
  t[4 * step] = even2 - odd2;
  t[5 * step] = 4 * d1 - 5 * d3 + d5;
}

// A^T: 6 to 4.
inline void transform_output(const Lanes* m, Lanes* y, int step) {
  const Lanes sum = m[step] + m[2 * step], difference = m[step] - m[2 * step];
  const Lanes sum2 = m[3 * step] + m[4 * step], difference2 = m[3 * step] - m[4 * step];
  y[0] = m[0] + sum + sum2;
  y[step] = difference + 2 * difference2;
  y[2 * step] = sum + 4 * sum2;
  y[3 * step] = difference + 8 * difference2 + m[5 * step];
}

// A: 4 to 6.
inline void transform_gradient(const Lanes* y, Lanes* m, int step) {
  const Lanes y0 = y[0], y1 = y[step], y2 = y[2 * step], y3 = y[3 * step];
  const Lanes even = y0 + y2, odd = y1 + y3, even2 = y0 + 4 * y2, odd2 = 2 * y1 + 8 * y3;
  m[0] = y0;
  m[step] = even + odd;
  m[2 * step] = even - odd;
  m[3 * step] = even2 + odd2;
  m[4 * step] = even2 - odd2;
  m[5 * step] = y3;
}

// Where the pixels of a window of Side x Side are, row by row, from row `top` and column `left`;
// `outside` stands for those beyond the edges.
template <int Side, class Number>
std::array<Number*, Side * Side> window(const Tiles& tiles, std::int64_t channels, Number* image,
                                        std::int64_t top, std::int64_t left, Number* outside) {
  std::array<Number*, Side * Side> pixels;
  for (int r = 0; r < Side; ++r) {
    for (int c = 0; c < Side; ++c) {
      const std::int64_t h = top + r, w = left + c;
      const bool inside = h >= 0 && h < tiles.height && w >= 0 && w < tiles.width;
      pixels[r * Side + c] = inside ? image + (h * tiles.width + w) * channels : outside;
    }
  }
  return pixels;
}

// Calls work(the window of tile i, i - begin) for each tile. Windows begin `margin` before the
// tile's first output.
template <int Side, class Number, class Work>
void for_windows(const Tiles& tiles, std::int64_t begin, std::int64_t end, std::int64_t channels,
                 Number* images, int margin, Number* outside, Work work) {
  const std::int64_t of_image = tiles.rows * tiles.columns;
  for (std::int64_t i = begin; i < end; ++i) {
    Number* const image = images + i / of_image * tiles.height * tiles.width * channels;
    const std::int64_t row = i % of_image / tiles.columns, column = i % tiles.columns;
    work(window<Side>(tiles, channels, image, 4 * row - margin, 4 * column - margin, outside),
         i - begin);
  }
}

}  // namespace

void spread_inputs(const Tiles& tiles, std::int64_t begin, std::int64_t end, std::int64_t channels,
                   const float* x, float* planes, std::int64_t stride) {
  const std::vector<float> zeros(static_cast<std::size_t>(channels));
  const auto work = [&](const std::array<const float*, 36>& pixels, std::int64_t tile) {
    for (std::int64_t c = 0; c < channels; c += kChannelsAtOnce) {
      Lanes d[36], rows[36], t[36];
      for (int i = 0; i < 36; ++i) d[i] = load(pixels[i] + c);
      for (int i = 0; i < 6; ++i) transform_input(d + i, rows + i, 6);
      for (int i = 0; i < 6; ++i) transform_input(rows + 6 * i, t + 6 * i, 1);
      for (int i = 0; i < 36; ++i) store(planes + i * stride + tile * channels + c, t[i]);
    }
  };
  for_windows<6>(tiles, begin, end, channels, x, /*margin=*/1, zeros.data(), work);
}

void gather_outputs(const Tiles& tiles, std::int64_t begin, std::int64_t end, std::int64_t channels,
                    const float* planes, std::int64_t stride, float* y) {
  std::vector<float> beyond(static_cast<std::size_t>(channels));  // nobody reads it
  const auto work = [&](const std::array<float*, 16>& pixels, std::int64_t tile) {
    for (std::int64_t c = 0; c < channels; c += kChannelsAtOnce) {
      Lanes m[36], rows[24], out[16];
      for (int i = 0; i < 36; ++i) m[i] = load(planes + i * stride + tile * channels + c);
      for (int i = 0; i < 6; ++i) transform_output(m + i, rows + i, 6);  // [4, 6]
      for (int i = 0; i < 4; ++i) transform_output(rows + 6 * i, out + 4 * i, 1);
      for (int i = 0; i < 16; ++i) store(pixels[i] + c, out[i]);
    }
  };
  for_windows<4>(tiles, begin, end, channels, y, /*margin=*/0, beyond.data(), work);
}

void spread_gradients(const Tiles& tiles, std::int64_t begin, std::int64_t end,
                      std::int64_t channels, const float* dy, float* planes, std::int64_t stride) {
  const std::vector<float> zeros(static_cast<std::size_t>(channels));
  const auto work = [&](const std::array<const float*, 16>& pixels, std::int64_t tile) {
    for (std::int64_t c = 0; c < channels; c += kChannelsAtOnce) {
      Lanes d[16], rows[24], m[36];
      for (int i = 0; i < 16; ++i) d[i] = load(pixels[i] + c);
      for (int i = 0; i < 4; ++i) transform_gradient(d + i, rows + i, 4);  // [6, 4]
      for (int i = 0; i < 6; ++i) transform_gradient(rows + 4 * i, m + 6 * i, 1);
      for (int i = 0; i < 36; ++i) store(planes + i * stride + tile * channels + c, m[i]);
    }
  };
  for_windows<4>(tiles, begin, end, channels, dy, /*margin=*/0, zeros.data(), work);
}

void transpose(std::int64_t rows, std::int64_t columns, const float* from, std::int64_t row,
               float* to) {
  constexpr std::int64_t kBlock = 16;  // in both directions: a block of each stays in the cache
  for (std::int64_t r = 0; r < rows; r += kBlock) {
    for (std::int64_t c = 0; c < columns; c += kBlock) {
      const std::int64_t last = std::min(columns, c + kBlock);
      for (std::int64_t i = r; i < std::min(rows, r + kBlock); ++i) {
        for (std::int64_t j = c; j < last; ++j) to[j * rows + i] = from[i * row + j];
      }
    }
  }
}

}  // namespace common::nn
