#include "common/data/image_loops.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace common::data {
namespace {

void sum_columns(const std::uint8_t* row, const ColumnSums& sums, const ChannelLines& lines,
                 float* out) {
  for (std::int64_t x = 0; x < sums.width; ++x) {
    for (std::size_t c = 0; c < 3; ++c) {
      const std::uint8_t* const from = row + 4 * std::int64_t{sums.first[x]} + c;
      std::int32_t sum = 0;
      for (std::int64_t k = 0; k < 2 * sums.pairs; ++k) {
        sum += sums.weights[weight_at(sums, x, k)] * from[4 * k];
      }
      *out++ = static_cast<float>(sum) * (lines.scale[c] / ColumnSums::kOne) + lines.shift[c];
    }
  }
}

void sum_rows(const float* const* rows, const float* weights, std::int64_t count,
              std::int64_t numbers, float* out, const float* /*soon*/) {
  for (std::int64_t i = 0; i < numbers; ++i) {
    float sum = 0;
    for (std::int64_t k = 0; k < count; ++k) sum += weights[k] * rows[k][i];
    out[i] = sum;
  }
}

void to_bytes(const float* values, std::int64_t count, std::uint8_t* out) {
  for (std::int64_t i = 0; i < count; ++i) {
    out[i] = static_cast<std::uint8_t>(std::clamp(values[i], 0.0F, 255.0F) + 0.5F);
  }
}

void bytes_to_floats(const std::uint8_t* pixels, std::int64_t count, const ChannelLines& lines,
                     float* out) {
  for (std::int64_t i = 0; i < 3 * count; ++i) {
    const auto c = static_cast<std::size_t>(i % 3);
    out[i] = static_cast<float>(pixels[i]) * lines.scale[c] + lines.shift[c];
  }
}

void to_bfloat16(const float* values, std::int64_t count, std::uint16_t* out) {
  for (std::int64_t i = 0; i < count; ++i) {
    std::uint32_t bits;
    std::memcpy(&bits, values + i, sizeof bits);
    out[i] = static_cast<std::uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
  }
}

}  // namespace

const ImageLoops& plain_image_loops() {
  static constexpr ImageLoops kLoops = {sum_columns, sum_rows, to_bytes, bytes_to_floats,
                                        to_bfloat16};
  return kLoops;
}

}  // namespace common::data
