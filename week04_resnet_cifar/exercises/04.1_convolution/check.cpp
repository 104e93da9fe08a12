#include "common/base/exercise.h"
#include "exercise.h"

namespace {

// Numbers without pattern, the same every time.
Maps drawn(int channels, int height, int width, double phase) {
  Maps maps(channels, height, width);
  for (std::size_t i = 0; i < maps.values.size(); ++i) {
    maps.values[i] = std::sin(phase + 1.7 * static_cast<double>(i));
  }
  return maps;
}

// The same by another way: each number that comes in is spread over all places that see it.
Maps spread(const Maps& x, const std::vector<Maps>& filters, int stride, int padding, int height,
            int width) {
  Maps out(static_cast<int>(filters.size()), height, width);
  for (int c = 0; c < x.channels; ++c) {
    for (int row = 0; row < x.height; ++row) {
      for (int column = 0; column < x.width; ++column) {
        for (int y = 0; y < height; ++y) {
          for (int u = 0; u < width; ++u) {
            const int i = row + padding - y * stride, j = column + padding - u * stride;
            const int k = filters[0].height;
            if (i < 0 || i >= k || j < 0 || j >= k) continue;
            for (int o = 0; o < out.channels; ++o) {
              out.at(o, y, u) +=
                  filters[static_cast<std::size_t>(o)].at(c, i, j) * x.at(c, row, column);
            }
          }
        }
      }
    }
  }
  return out;
}

struct Case {
  const char* what;
  int channels, height, width, outputs, kernel, stride, padding, rows, columns;
};

}  // namespace

int main() {
  common::base::Checks checks("04.1 convolution");
  for (const Case& c : {Case{"one pixel at a time (1x1)", 2, 3, 4, 3, 1, 1, 0, 3, 4},
                        Case{"3x3 without padding", 1, 5, 6, 1, 3, 1, 0, 3, 4},
                        Case{"3x3 with padding 1 keeps the size", 3, 5, 4, 2, 3, 1, 1, 5, 4},
                        Case{"stride 2 halves it", 2, 8, 6, 2, 3, 2, 1, 4, 3},
                        Case{"a last column that no filter reaches", 1, 6, 6, 1, 3, 2, 0, 2, 2}}) {
    const Maps x = drawn(c.channels, c.height, c.width, 0.3);
    std::vector<Maps> filters;
    for (int o = 0; o < c.outputs; ++o) {
      filters.push_back(drawn(c.channels, c.kernel, c.kernel, 2.0 + o));
    }
    const Maps found = convolve(x, filters, c.stride, c.padding);
    const std::string size = std::to_string(found.channels) + " x " + std::to_string(found.height) +
                             " x " + std::to_string(found.width);
    checks.holds(std::string("the size of ") + c.what,
                 found.channels == c.outputs && found.height == c.rows && found.width == c.columns,
                 "found " + size);
    checks.near(c.what, found.values,
                spread(x, filters, c.stride, c.padding, c.rows, c.columns).values);
  }
  return checks.report();
}
