// Numbers as text for people.
#pragma once

#include <cstdio>
#include <string>

namespace common::base {

/// Returns `value` as printf writes it by `format`, which has one place for a double, as "%.3f".
inline std::string formatted(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

/// Returns 0.9312 as "93.12 %".
inline std::string percent(double share) { return formatted("%.2f %%", 100 * share); }

}  // namespace common::base
