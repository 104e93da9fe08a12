// The inner loops of the image transforms, twice: in plain C++, and in the vectors of
// processors that common::base::has_vectors() says yes for. Both give the same but for the last
// bits of a float.
#pragma once

#include <array>
#include <cstdint>

#include "common/base/processor.h"

namespace common::data {

/// A line for each channel, value = pixel * scale + shift; the fourth is without meaning.
struct ChannelLines {
  std::array<float, 4> scale = {1, 1, 1, 1}, shift = {0, 0, 0, 0};
};

/// Columns of an image as sums of others: column x is the sum over k < 2 * pairs of its weight k
/// times column first[x] + k.
struct ColumnSums {
  static constexpr float kOne = 1 << 14;  ///< the weights of a column sum to this
  std::int64_t width = 0, pairs = 0;
  const std::int32_t* first = nullptr;  // [width rounded up to even]
  /// In the order of use: of columns 2 i and 2 i + 1, of weights 2 j and 2 j + 1 of both, four
  /// times for the channels of a pixel. [width rounded up / 2, pairs, 2, 4, 2]
  const std::int16_t* weights = nullptr;
};

/// Returns where weight k of column x is.
inline std::int64_t weight_at(const ColumnSums& sums, std::int64_t x, std::int64_t k) {
  return (((x / 2) * sums.pairs + k / 2) * 2 + x % 2) * 8 + k % 2;
}

/// The loops of one kind.
struct ImageLoops {
  /// The columns of a row of pixels of four bytes, through the lines. Two pixels behind the row may
  /// be read. Args: out [width, 3], and room for eight more.
  void (*sum_columns)(const std::uint8_t* row, const ColumnSums& sums, const ChannelLines& lines,
                      float* out);
  /// out[i] = sum over k < count of weights[k] * rows[k][i], i < numbers. `soon` is where as many
  /// will be written soon: its memory may be asked for already.
  void (*sum_rows)(const float* const* rows, const float* weights, std::int64_t count,
                   std::int64_t numbers, float* out, const float* soon);
  /// out[i] = value[i] rounded to the nearest byte, from 0 to 255.
  void (*to_bytes)(const float* values, std::int64_t count, std::uint8_t* out);
  /// Three channels of bytes through the lines. Args: pixels [count, 3], out [count, 3].
  void (*bytes_to_floats)(const std::uint8_t* pixels, std::int64_t count, const ChannelLines& lines,
                          float* out);
  /// out[i] = values[i] rounded to the nearest bfloat16, halves to even; finite values only.
  void (*to_bfloat16)(const float* values, std::int64_t count, std::uint16_t* out);
};

/// Returns the loops that run everywhere.
const ImageLoops& plain_image_loops();

/// Returns those in vectors; call them only where has_vectors().
const ImageLoops& vector_image_loops();

/// Returns the faster ones that this processor can run.
inline const ImageLoops& image_loops() {
  return base::has_vectors() ? vector_image_loops() : plain_image_loops();
}

}  // namespace common::data
