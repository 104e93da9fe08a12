// Your part: find the size that goes out, then sum. Begin with stride 1 and no padding.
#include "exercise.h"

Maps convolve(const Maps& x, const std::vector<Maps>& filters, int stride, int padding) {
  Maps out(static_cast<int>(filters.size()), x.height, x.width);
  (void)stride;  // remove these lines when you use them
  (void)padding;
  return out;
}
