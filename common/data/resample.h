// Antialiased bilinear resampling of a part of an image, as PIL's and torchvision's: a triangle of
// two output pixels' width where the image shrinks, of two input pixels' where it grows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "common/data/image_loops.h"
#include "common/data/jpeg.h"

namespace common::data {

/// What one axis of the result is made of: output pixel i covers `begin` + i * `step` to `begin` +
/// (i + 1) * `step` of the input.
struct Axis {
  double begin = 0, step = 1;
  std::int64_t output = 0;  ///< pixels of the result
};

/// What the pixels along one axis of the result are sums of: pixel i of inputs first[i] to first[i]
/// + count - 1.
struct AxisSums {
  std::int64_t count = 0;           ///< the same for all; some weights may be 0
  std::vector<std::int32_t> first;  // [output]
  std::vector<float> weights;       // [output, count], those of a pixel sum to 1
};

/// Fills `sums` with the weights of a triangle filter along `axis`. Inputs are 0 to `inputs` - 1;
/// what reaches beyond is left out. With `reverse` the last output comes first.
void make_sums(const Axis& axis, std::int64_t inputs, bool reverse, AxisSums& sums);

/// Columns in the form of ImageLoops::sum_columns.
class PackedColumns {
 public:
  void pack(const AxisSums& sums);
  ColumnSums sums() const { return {width_, pairs_, first_.data(), weights_.data()}; }

 private:
  std::int64_t width_ = 0, pairs_ = 0;
  std::vector<std::int32_t> first_;
  std::vector<std::int16_t> weights_;
};

/// Resamples one image after the other, in the memory of those before. One for each thread.
class Resampler {
 public:
  explicit Resampler(const ImageLoops& loops = image_loops()) : loops_(loops) {}

  /// Resamples `pixels` to `columns.output` x `rows.output` and gives one row after the other, of
  /// three floats a pixel and through `lines`, to `row_done(y, row)`.
  /// Args: axes in coordinates of the image at its reduced size; bounds: the part of it that may be
  /// looked at, within the pixels; row(y) is where to write row y, with room for width * 3 floats.
  /// With `mirror` left and right change places.
  template <class RowOf, class RowDone>
  void run(const DecodedPixels& pixels, const Region& bounds, const Axis& columns, const Axis& rows,
           bool mirror, const ChannelLines& lines, const RowOf& row, const RowDone& row_done) {
    prepare(pixels, bounds, columns, rows, mirror);
    for (std::int64_t y = 0; y < rows.output; ++y) {
      float* const out = row(y);
      make_row(y, lines, out, row(std::min(y + 2, rows.output - 1)));
      row_done(y, out);
    }
  }

 private:
  void prepare(const DecodedPixels& pixels, const Region& bounds, const Axis& columns,
               const Axis& rows, bool mirror);
  void make_row(std::int64_t y, const ChannelLines& lines, float* out, const float* soon);
  float* done_row(std::int64_t row);

  const ImageLoops& loops_;
  AxisSums columns_, rows_;
  PackedColumns packed_;
  // The latest rows of the input with the columns of the result: row r at r modulo their number.
  std::vector<float> done_;           // [rows_.count, room_]
  std::vector<const float*> summed_;  // those that a row of the result is the sum of
  std::int64_t room_ = 0, next_ = 0;  // numbers of a row, and the first row that is not done
  const std::uint8_t* first_ = nullptr;
  std::int64_t stride_ = 0;
};

}  // namespace common::data
