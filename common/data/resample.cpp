#include "common/data/resample.h"

#include <algorithm>
#include <cmath>

namespace common::data {

// Source: Pillow's resample with a bilinear filter.
void make_sums(const Axis& axis, std::int64_t inputs, bool reverse, AxisSums& sums) {
  const double width = std::max(axis.step, 1.0), slope = 1 / width;
  // No more lie less than `width` from the middle.
  sums.count = std::min(inputs, static_cast<std::int64_t>(std::ceil(2 * width)));
  sums.first.resize(static_cast<std::size_t>(axis.output));
  sums.weights.resize(static_cast<std::size_t>(axis.output * sums.count));
  for (std::int64_t i = 0; i < axis.output; ++i) {
    const std::int64_t at = reverse ? axis.output - 1 - i : i;
    const double middle = axis.begin + (static_cast<double>(i) + 0.5) * axis.step;
    // The first input whose centre is within; at the end fewer are, and those before have weight 0.
    const auto within = static_cast<std::int64_t>(std::floor(middle - width - 0.5)) + 1;
    const std::int64_t first = std::clamp<std::int64_t>(within, 0, inputs - sums.count);
    float* const to = sums.weights.data() + at * sums.count;
    double sum = 0;
    for (std::int64_t k = 0; k < sums.count; ++k) {
      const double distance = std::abs(static_cast<double>(first + k) + 0.5 - middle);
      const double weight = std::max(0.0, 1 - distance * slope);
      sum += weight;
      to[k] = static_cast<float>(weight);
    }
    const auto share = static_cast<float>(1 / sum);
    for (std::int64_t k = 0; k < sums.count; ++k) to[k] *= share;
    sums.first[static_cast<std::size_t>(at)] = static_cast<std::int32_t>(first);
  }
}

void PackedColumns::pack(const AxisSums& sums) {
  width_ = static_cast<std::int64_t>(sums.first.size());
  pairs_ = (sums.count + 1) / 2;
  const std::int64_t even = (width_ + 1) / 2 * 2;
  first_ = sums.first;
  first_.resize(static_cast<std::size_t>(even), first_.back());
  weights_.assign(static_cast<std::size_t>(even * pairs_ * 8), 0);
  const ColumnSums packed = this->sums();
  for (std::int64_t x = 0; x < width_; ++x) {
    const float* const weights = sums.weights.data() + x * sums.count;
    int left = static_cast<int>(ColumnSums::kOne);
    std::int64_t most = 0;
    for (std::int64_t k = 0; k < sums.count; ++k) {
      if (weights[k] > weights[most]) most = k;
      const int weight = static_cast<int>(weights[k] * ColumnSums::kOne + 0.5F);
      left -= weight;
      std::int16_t* const to = weights_.data() + weight_at(packed, x, k);
      for (std::int64_t c = 0; c < 4; ++c) to[2 * c] = static_cast<std::int16_t>(weight);
    }
    // What rounding left over goes to the largest, so that an even colour stays what it is.
    std::int16_t* const to = weights_.data() + weight_at(packed, x, most);
    for (std::int64_t c = 0; c < 4; ++c) to[2 * c] = static_cast<std::int16_t>(to[2 * c] + left);
  }
}

void Resampler::prepare(const DecodedPixels& pixels, const Region& bounds, const Axis& columns,
                        const Axis& rows, bool mirror) {
  const Region& there = pixels.region;
  first_ = pixels.data + (bounds.top - there.top) * pixels.stride + 4 * (bounds.left - there.left);
  stride_ = pixels.stride;
  const auto within_bounds = [](Axis axis, std::int64_t begin) {
    axis.begin -= static_cast<double>(begin);
    return axis;
  };
  make_sums(within_bounds(columns, bounds.left), bounds.width, mirror, columns_);
  make_sums(within_bounds(rows, bounds.top), bounds.height, /*reverse=*/false, rows_);
  packed_.pack(columns_);
  next_ = 0;
  room_ = (3 * columns.output + 8 + 15) / 16 * 16;
  const auto numbers = static_cast<std::size_t>(rows_.count * room_);
  if (done_.size() < numbers) done_.resize(numbers);
  summed_.resize(static_cast<std::size_t>(rows_.count));
}

float* Resampler::done_row(std::int64_t row) { return done_.data() + row % rows_.count * room_; }

void Resampler::make_row(std::int64_t y, const ChannelLines& lines, float* out, const float* soon) {
  const float* weights = rows_.weights.data() + y * rows_.count;
  std::int64_t first = rows_.first[static_cast<std::size_t>(y)], count = rows_.count;
  while (count > 1 && weights[count - 1] == 0) --count;
  for (; count > 1 && weights[0] == 0; --count, ++first) ++weights;
  const ColumnSums columns = packed_.sums();
  // Rows of the result go down the image, so that each row of the image is needed once.
  for (next_ = std::max(next_, first); next_ < first + count; ++next_) {
    loops_.sum_columns(first_ + next_ * stride_, columns, lines, done_row(next_));
  }
  for (std::int64_t k = 0; k < count; ++k) {
    summed_[static_cast<std::size_t>(k)] = done_row(first + k);
  }
  loops_.sum_rows(summed_.data(), weights, count, 3 * columns.width, out, soon);
}

}  // namespace common::data
