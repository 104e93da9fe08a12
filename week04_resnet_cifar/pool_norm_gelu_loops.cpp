#include "week04_resnet_cifar/pool_norm_gelu_loops.h"

#include <c10/util/BFloat16.h>

#include <algorithm>
#include <bit>
#include <type_traits>

namespace week04 {
namespace {

// e^x for x <= 0, to 2e-7 relative: e^x = 2^n e^r with |r| <= ln(2) / 2.
inline float exp_of_negative(float x) {
  x = x < -87.0F ? -87.0F : x;
  constexpr float kRound = 12582912.0F;  // 1.5 2^23: adding it drops the binary places
  const float n = (x * 1.44269504F + kRound) - kRound;
  const float r = (x - n * 0.693359375F) + n * 2.12194440e-4F;  // ln(2) in two parts
  float power = 1.0F / 720;                                     // Taylor's series to r^6
  power = power * r + 1.0F / 120;
  power = power * r + 1.0F / 24;
  power = power * r + 1.0F / 6;
  power = power * r + 0.5F;
  power = power * r + 1.0F;
  power = power * r + 1.0F;
  return power * std::bit_cast<float>((static_cast<int32_t>(n) + 127) << 23);
}

// The normal distribution: share of it below z, and its density at z. The share to 1e-7, from
// Abramowitz and Stegun 1964, formula 7.1.26.
struct Normal {
  float share, density;
};

inline Normal normal(float z) {
  const float bell = exp_of_negative(-0.5F * z * z);
  const float size = z < 0 ? -z : z;
  const float t = 1.0F / (1.0F + 0.3275911F * 0.70710678F * size);
  float sum = 1.061405429F;
  sum = sum * t - 1.453152027F;
  sum = sum * t + 1.421413741F;
  sum = sum * t - 0.284496736F;
  sum = sum * t + 0.254829592F;
  const float tail = 0.5F * sum * t * bell;
  return {z < 0 ? tail : 1.0F - tail, 0.39894228F * bell};
}

}  // namespace

template <class T>
void pool_image(const ImageShape& s, const T* x, T* y, uint8_t* which, float* sum, float* squares) {
  const int64_t C = s.channels, row = s.input_columns * C;
  for (int64_t h = 0; h < s.rows; ++h) {
    for (int64_t w = 0; w < s.columns; ++w, y += C, which += C) {
      const T* const first = x + 2 * h * row + 2 * w * C;
#pragma GCC ivdep
      for (int64_t c = 0; c < C; ++c) {
        float most = first[c];
        int32_t place = 0;
        const auto see = [&](float value, int32_t at) {
          const bool more = (value > most) | (value != value);  // NaN stays, as in PyTorch
          most = more ? value : most;
          place = more ? at : place;
        };
        see(first[C + c], 1);
        see(first[row + c], 2);
        see(first[row + C + c], 3);
        y[c] = static_cast<T>(most);
        which[c] = static_cast<uint8_t>(place);
        sum[c] += most;
        squares[c] += most * most;
      }
    }
  }
}

template <class T>
void sum_image(const ImageShape& s, const T* y, float* sum, float* squares) {
  for (int64_t pixel = 0; pixel < s.rows * s.columns; ++pixel, y += s.channels) {
#pragma GCC ivdep
    for (int64_t c = 0; c < s.channels; ++c) {
      const float value = y[c];
      sum[c] += value;
      squares[c] += value * value;
    }
  }
}

template <class T>
void gelu_image(const ImageShape& s, const T* y, const float* numbers, T* out) {
  const int64_t C = s.channels;
  const float *const scale = numbers + 2 * C, *const shift = numbers + 3 * C;
  for (int64_t pixel = 0; pixel < s.rows * s.columns; ++pixel, y += C, out += C) {
#pragma GCC ivdep
    for (int64_t c = 0; c < C; ++c) {
      const float z = scale[c] * static_cast<float>(y[c]) + shift[c];
      out[c] = static_cast<T>(z * normal(z).share);
    }
  }
}

template <class T>
void gelu_backward_image(const ImageShape& s, const T* y, const T* d_out, const float* numbers,
                         T* dz, float* sum, float* with_normed) {
  const int64_t C = s.channels;
  const float *const mean = numbers, *const inverse = numbers + C, *const scale = numbers + 2 * C,
                     *const shift = numbers + 3 * C;
  for (int64_t pixel = 0; pixel < s.rows * s.columns; ++pixel, y += C, d_out += C, dz += C) {
#pragma GCC ivdep
    for (int64_t c = 0; c < C; ++c) {
      const float value = y[c], z = scale[c] * value + shift[c];
      const Normal at = normal(z);
      const float d = static_cast<float>(d_out[c]) * (at.share + z * at.density);
      dz[c] = static_cast<T>(d);
      sum[c] += d;
      with_normed[c] += d * (value - mean[c]) * inverse[c];
    }
  }
}

template <class T>
void norm_backward_image(const ImageShape& s, const T* y, const float* numbers, const float* means,
                         T* dz) {
  const int64_t C = s.channels;
  const float *const mean = numbers, *const inverse = numbers + C, *const scale = numbers + 2 * C;
  for (int64_t pixel = 0; pixel < s.rows * s.columns; ++pixel, y += C, dz += C) {
#pragma GCC ivdep
    for (int64_t c = 0; c < C; ++c) {
      const float normed = (static_cast<float>(y[c]) - mean[c]) * inverse[c];
      const float d = static_cast<float>(dz[c]) - means[c] - normed * means[C + c];
      dz[c] = static_cast<T>(scale[c] * d);
    }
  }
}

template <class T>
void unpool_image(const ImageShape& s, const T* dy, const uint8_t* which, T* dx) {
  // Numbers are moved, not computed with: as integers they need no rounding on the way.
  using Bits = std::conditional_t<sizeof(T) == sizeof(uint16_t), uint16_t, uint32_t>;
  const int64_t C = s.channels, row = s.input_columns * C;
  for (int64_t h = 0; h < s.rows; ++h, dx += 2 * row) {
    for (int64_t w = 0; w < s.columns; ++w, dy += C, which += C) {
      T* const first = dx + 2 * w * C;
#pragma GCC ivdep
      for (int64_t c = 0; c < C; ++c) {
        const Bits d = std::bit_cast<Bits>(dy[c]), place = which[c];
        first[c] = std::bit_cast<T>(place == 0 ? d : Bits{0});
        first[C + c] = std::bit_cast<T>(place == 1 ? d : Bits{0});
        first[row + c] = std::bit_cast<T>(place == 2 ? d : Bits{0});
        first[row + C + c] = std::bit_cast<T>(place == 3 ? d : Bits{0});
      }
    }
    for (T* const end : {dx + row, dx + 2 * row}) {  // a last column that no 2 x 2 covers
      std::fill(end - (s.input_columns - 2 * s.columns) * C, end, T(0));
    }
  }
  std::fill_n(dx, (s.input_rows - 2 * s.rows) * row, T(0));  // and a last row
}

template void pool_image(const ImageShape&, const float*, float*, uint8_t*, float*, float*);
template void sum_image(const ImageShape&, const float*, float*, float*);
template void gelu_image(const ImageShape&, const float*, const float*, float*);
template void gelu_backward_image(const ImageShape&, const float*, const float*, const float*,
                                  float*, float*, float*);
template void norm_backward_image(const ImageShape&, const float*, const float*, const float*,
                                  float*);
template void unpool_image(const ImageShape&, const float*, const uint8_t*, float*);

template void pool_image(const ImageShape&, const c10::BFloat16*, c10::BFloat16*, uint8_t*, float*,
                         float*);
template void sum_image(const ImageShape&, const c10::BFloat16*, float*, float*);
template void gelu_image(const ImageShape&, const c10::BFloat16*, const float*, c10::BFloat16*);
template void gelu_backward_image(const ImageShape&, const c10::BFloat16*, const c10::BFloat16*,
                                  const float*, c10::BFloat16*, float*, float*);
template void norm_backward_image(const ImageShape&, const c10::BFloat16*, const float*,
                                  const float*, c10::BFloat16*);
template void unpool_image(const ImageShape&, const c10::BFloat16*, const uint8_t*, c10::BFloat16*);

}  // namespace week04
