// The inner loops of pool_norm_gelu: over the pixels of one image in channels_last, where a pixel's
// channels are neighbours, so that the compiler turns each loop over channels into vectors. Call
// them where common::base::has_vectors() says yes.
#pragma once

#include <cstdint>

namespace week04 {

struct ImageShape {
  int64_t channels;
  int64_t input_rows, input_columns;
  int64_t rows, columns;  // after pooling, where there is pooling

  int64_t input() const { return channels * input_rows * input_columns; }
  int64_t output() const { return channels * rows * columns; }
};

// All are there for T = float and c10::BFloat16; sums and arithmetic are always float.
// x, dx [input_rows, input_columns, C]; y, out, dz, which [rows, columns, C]; sums [C] are added
// to. numbers [4, C]: mean, 1 / deviation, scale and shift of the norm: z = scale y + shift.

/// y = the largest of each 2 x 2 of x, which = its place (0 to 3); sums of y and of y squared.
template <class T>
void pool_image(const ImageShape& s, const T* x, T* y, uint8_t* which, float* sum, float* squares);

/// Sums of y and of y squared.
template <class T>
void sum_image(const ImageShape& s, const T* y, float* sum, float* squares);

/// out = gelu(z).
template <class T>
void gelu_image(const ImageShape& s, const T* y, const float* numbers, T* out);

/// dz = d_out gelu'(z); sums of dz and of dz times the normed y.
template <class T>
void gelu_backward_image(const ImageShape& s, const T* y, const T* d_out, const float* numbers,
                         T* dz, float* sum, float* with_normed);

/// dz becomes dy; means [2, C] of dz and of dz times the normed y over the batch.
template <class T>
void norm_backward_image(const ImageShape& s, const T* y, const float* numbers, const float* means,
                         T* dz);

/// dx = dy at the places that were the largest, 0 elsewhere.
template <class T>
void unpool_image(const ImageShape& s, const T* dy, const uint8_t* which, T* dx);

}  // namespace week04
