// The loops for x86-64 with AVX2 and FMA (compiled through use_vectors). Elsewhere the plain ones
// are what the compiler makes vectors of.
#include "common/data/image_loops.h"

#if defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>

namespace common::data {
namespace {

__m128i load_bytes(const std::uint8_t* from) {
  return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
}

// Two columns of which each is the sum of `pairs` pairs of pixels: eight numbers, in integers.
__m256i two_columns(const std::uint8_t* from, const std::uint8_t* from2,
                    const std::int16_t* weights, std::int64_t pairs) {
  // r g b x r g b x, the bytes of two pixels, to r r g g b b x x, and so for the other column.
  const __m128i side_by_side = _mm_setr_epi8(0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15);
  __m256i sum = _mm256_setzero_si256();
  for (std::int64_t j = 0; j < pairs; ++j) {
    const __m128i four = _mm_unpacklo_epi64(load_bytes(from + 8 * j), load_bytes(from2 + 8 * j));
    const __m256i wide = _mm256_cvtepu8_epi16(_mm_shuffle_epi8(four, side_by_side));
    const auto* const at = reinterpret_cast<const __m256i*>(weights + 16 * j);
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(wide, _mm256_loadu_si256(at)));
  }
  return sum;
}

// `Pairs` for each column, or with 0 as many as the sums say: a number known here needs no loop.
template <std::int64_t Pairs>
void sum_columns_of(const std::uint8_t* row, const ColumnSums& sums, const ChannelLines& lines,
                    float* out) {
  const std::int64_t n = Pairs > 0 ? Pairs : sums.pairs;
  const __m256 scale =
      _mm256_mul_ps(_mm256_broadcast_ps(reinterpret_cast<const __m128*>(lines.scale.data())),
                    _mm256_set1_ps(1 / ColumnSums::kOne));
  const __m256 shift = _mm256_broadcast_ps(reinterpret_cast<const __m128*>(lines.shift.data()));
  const std::int16_t* weights = sums.weights;
  for (std::int64_t x = 0; x < sums.width; x += 2, weights += 16 * n, out += 6) {
    const __m256i sum = two_columns(row + 4 * std::int64_t{sums.first[x]},
                                    row + 4 * std::int64_t{sums.first[x + 1]}, weights, n);
    const __m256 pixels = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum), scale, shift);
    // Each is stored with a fourth number, which the next one overwrites.
    _mm_storeu_ps(out, _mm256_castps256_ps128(pixels));
    _mm_storeu_ps(out + 3, _mm256_extractf128_ps(pixels, 1));
  }
}

void sum_columns(const std::uint8_t* row, const ColumnSums& sums, const ChannelLines& lines,
                 float* out) {
  const auto sum = sums.pairs == 1   ? sum_columns_of<1>
                   : sums.pairs == 2 ? sum_columns_of<2>
                                     : sum_columns_of<0>;
  sum(row, sums, lines, out);
}

template <std::int64_t Count>
void sum_rows_of(const float* const* rows, const float* weights, std::int64_t count,
                 std::int64_t numbers, float* out, const float* soon) {
  const std::int64_t n = Count > 0 ? Count : count;
  std::int64_t i = 0;
  for (; i + 8 <= numbers; i += 8) {
    __m256 sum = _mm256_mul_ps(_mm256_loadu_ps(rows[0] + i), _mm256_set1_ps(weights[0]));
    for (std::int64_t k = 1; k < n; ++k) {
      sum = _mm256_fmadd_ps(_mm256_loadu_ps(rows[k] + i), _mm256_set1_ps(weights[k]), sum);
    }
    _mm256_storeu_ps(out + i, sum);
    _mm_prefetch(soon + i, _MM_HINT_T0);  // the batch is larger than the caches
  }
  for (; i < numbers; ++i) {
    float sum = rows[0][i] * weights[0];
    for (std::int64_t k = 1; k < n; ++k) sum += rows[k][i] * weights[k];
    out[i] = sum;
  }
}

void sum_rows(const float* const* rows, const float* weights, std::int64_t count,
              std::int64_t numbers, float* out, const float* soon) {
  const auto sum = count == 1   ? sum_rows_of<1>
                   : count == 2 ? sum_rows_of<2>
                   : count == 3 ? sum_rows_of<3>
                   : count == 4 ? sum_rows_of<4>
                                : sum_rows_of<0>;
  sum(rows, weights, count, numbers, out, soon);
}

void to_bytes(const float* values, std::int64_t count, std::uint8_t* out) {
  std::int64_t i = 0;
  const __m256 half = _mm256_set1_ps(0.5F), most = _mm256_set1_ps(255.0F);
  for (; i + 8 <= count; i += 8) {
    const __m256 v = _mm256_max_ps(_mm256_loadu_ps(values + i), _mm256_setzero_ps());
    const __m256i whole = _mm256_cvttps_epi32(_mm256_add_ps(_mm256_min_ps(v, most), half));
    const __m128i shorts =
        _mm_packus_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out + i), _mm_packus_epi16(shorts, shorts));
  }
  plain_image_loops().to_bytes(values + i, count - i, out + i);
}

void bytes_to_floats(const std::uint8_t* pixels, std::int64_t count, const ChannelLines& lines,
                     float* out) {
  // The channels of eight pixels, 24 numbers, begin with red again.
  float scale[24], shift[24];
  for (std::size_t i = 0; i < 24; ++i) {
    scale[i] = lines.scale[i % 3];
    shift[i] = lines.shift[i % 3];
  }
  std::int64_t pixel = 0;
  for (; pixel + 8 <= count; pixel += 8) {
    for (std::int64_t i = 0; i < 24; i += 8) {
      const std::int64_t at = 3 * pixel + i;
      const __m256 values = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(load_bytes(pixels + at)));
      _mm256_storeu_ps(out + at, _mm256_fmadd_ps(values, _mm256_loadu_ps(scale + i),
                                                 _mm256_loadu_ps(shift + i)));
    }
  }
  plain_image_loops().bytes_to_floats(pixels + 3 * pixel, count - pixel, lines, out + 3 * pixel);
}

void to_bfloat16(const float* values, std::int64_t count, std::uint16_t* out) {
  std::int64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m256i bits = _mm256_castps_si256(_mm256_loadu_ps(values + i));
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i up = _mm256_add_epi32(odd, _mm256_set1_epi32(0x7FFF));
    const __m256i high = _mm256_srli_epi32(_mm256_add_epi32(bits, up), 16);
    _mm_storeu_si128(
        reinterpret_cast<__m128i*>(out + i),
        _mm_packus_epi32(_mm256_castsi256_si128(high), _mm256_extracti128_si256(high, 1)));
  }
  plain_image_loops().to_bfloat16(values + i, count - i, out + i);
}

}  // namespace

const ImageLoops& vector_image_loops() {
  static constexpr ImageLoops kLoops = {sum_columns, sum_rows, to_bytes, bytes_to_floats,
                                        to_bfloat16};
  return kLoops;
}

}  // namespace common::data

#else

const common::data::ImageLoops& common::data::vector_image_loops() { return plain_image_loops(); }

#endif
