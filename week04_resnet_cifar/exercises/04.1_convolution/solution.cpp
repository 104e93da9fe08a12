// Six loops: where a filter hangs over the edge, it meets zeros, which add nothing.
#include "exercise.h"

Maps convolve(const Maps& x, const std::vector<Maps>& filters, int stride, int padding) {
  const int k = filters.at(0).height;
  Maps out(static_cast<int>(filters.size()), (x.height + 2 * padding - k) / stride + 1,
           (x.width + 2 * padding - k) / stride + 1);
  for (int o = 0; o < out.channels; ++o) {
    const Maps& filter = filters[static_cast<std::size_t>(o)];
    for (int y = 0; y < out.height; ++y) {
      for (int u = 0; u < out.width; ++u) {
        for (int c = 0; c < x.channels; ++c) {
          for (int i = 0; i < k; ++i) {
            for (int j = 0; j < k; ++j) {
              const int row = y * stride + i - padding, column = u * stride + j - padding;
              if (row < 0 || row >= x.height || column < 0 || column >= x.width) continue;
              out.at(o, y, u) += filter.at(c, i, j) * x.at(c, row, column);
            }
          }
        }
      }
    }
  }
  return out;
}
