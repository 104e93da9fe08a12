// Forward, then the longer of backward and sending.
#include "exercise.h"

#include <algorithm>

double step_seconds(const Setting& s) {
  const double forward = s.images * s.flops_per_image / s.flops_per_s;
  const double sent = 2.0 * (s.ranks - 1) / s.ranks * s.gradient_bytes / s.bytes_per_s;
  return forward + std::max(2 * forward, sent);
}

double efficiency(const Setting& setting) {
  Setting alone = setting;
  alone.ranks = 1;
  return step_seconds(alone) / step_seconds(setting);
}
