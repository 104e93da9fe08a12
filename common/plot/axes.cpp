// Ranges, 1-2-5 ticks and short numbers.
#include "common/plot/axes.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

namespace common::plot {
namespace {

constexpr double kLargest = 1e300;    // beyond it high - low may overflow
constexpr double kSmallest = 1e-290;  // below it steps become denormal

// A step of `digit` (1, 2 or 5) times ten to the `power`.
struct Step {
  int digit = 1;
  int power = 0;
  // Dividing by 10^-power gives 0.3 where multiplying would give 0.30000000000000004.
  double times(double count) const {
    return power < 0 ? count * digit / std::pow(10, -power) : count * digit * std::pow(10, power);
  }
};

// How many multiples of `step` lie in `range`, and the first of them.
struct Multiples {
  double first = 0;
  double count = 0;
};
Multiples multiples(Range range, Step step) {
  const double size = step.times(1);
  const double first = std::ceil(range.low / size - 1e-9);
  const double last = std::floor(range.high / size + 1e-9);
  return {first, last - first + 1};
}

Step step_for(Range range, int64_t most) {
  const double span = range.high - range.low;
  for (int power = static_cast<int>(std::floor(std::log10(span / static_cast<double>(most))));;
       ++power) {
    for (const int digit : {1, 2, 5}) {
      const Step step{digit, power};
      if (multiples(range, step).count <= static_cast<double>(most)) return step;
    }
  }
}

// "1.50e-07" -> "1.50e-7", "1e+06" -> "1e6".
std::string tidy_exponent(const std::string& text) {
  const auto e = text.find('e');
  if (e == std::string::npos) return text;
  return text.substr(0, e + 1) + std::to_string(std::stoi(text.substr(e + 1)));
}

// Removes zeros after the point of the mantissa, and a bare point.
std::string strip_zeros(const std::string& text) {
  const auto e = text.find('e');
  std::string mantissa = text.substr(0, e);
  if (mantissa.find('.') != std::string::npos) {
    mantissa.erase(mantissa.find_last_not_of('0') + 1);
    if (mantissa.back() == '.') mantissa.pop_back();
  }
  return e == std::string::npos ? mantissa : mantissa + text.substr(e);
}

std::string print(const char* format, int decimals, double value) {
  char text[400];  // the longest "%f" of a double has 309 digits before the point
  std::snprintf(text, sizeof text, format, decimals, value);
  return text;
}

// Labels of multiples of `step`: as many decimals as the step has, or as many significant digits.
std::vector<std::string> step_labels(const std::vector<double>& at, Step step) {
  double largest = 0;
  for (const double value : at) largest = std::max(largest, std::abs(value));
  const int magnitude = largest > 0 ? static_cast<int>(std::floor(std::log10(largest))) : 0;
  const bool plain = magnitude >= -4 && magnitude < 6 && step.power > -16;
  std::vector<std::string> labels;
  for (const double value : at) {
    if (value == 0 && !plain) {
      labels.emplace_back("0");
    } else if (plain) {
      labels.push_back(print("%.*f", std::max(0, -step.power), value == 0 ? 0.0 : value));
    } else {
      const int own = static_cast<int>(std::floor(std::log10(std::abs(value)) + 1e-9));
      labels.push_back(
          strip_zeros(tidy_exponent(print("%.*e", std::clamp(own - step.power, 0, 16), value))));
    }
  }
  return labels;
}

// Powers of ten from 10^first to 10^last, every `stride`-th, each also times 2 and 5 if `between`.
std::vector<double> decades(Range range, int first, int last, int stride, bool between) {
  std::vector<double> at;
  for (int power = first; power <= last; ++power) {
    if (power % stride != 0) continue;
    for (const int digit : {1, 2, 5}) {
      if (digit > 1 && !between) break;
      const double value = Step{digit, power}.times(1);
      if (value >= range.low * (1 - 1e-9) && value <= range.high * (1 + 1e-9)) at.push_back(value);
    }
  }
  return at;
}

}  // namespace

Range axis_range(std::span<const double> values, bool log, double margin) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const double value : values) {
    if (!std::isfinite(value) || (log && value <= 0)) continue;
    const double shown = std::clamp(value, log ? kSmallest : -kLargest, kLargest);
    low = std::min(low, shown);
    high = std::max(high, shown);
  }
  if (low > high) return log ? Range{0.1, 1} : Range{0, 1};
  if (log) {
    if (high / low < 1 + 1e-9) return {low / 3, high * 3};
    const double grow = std::pow(high / low, margin);  // high / low <= 1e590 overflows only to inf
    return {low / std::min(grow, 1e6), high * std::min(grow, 1e6)};
  }
  const double largest = std::max(std::abs(low), std::abs(high));
  if (largest < kSmallest) return {-1, 1};
  if (high - low <= largest * 1e-12) return {low - 0.1 * largest, high + 0.1 * largest};
  const double room = (high - low) * margin;
  return {low - room, high + room};
}

Ticks linear_ticks(Range range, int64_t most) {
  const Range inside{std::clamp(range.low, -2 * kLargest, 2 * kLargest),
                     std::clamp(range.high, -2 * kLargest, 2 * kLargest)};
  if (!(inside.high - inside.low >= kSmallest)) return {{range.low}, {short_number(range.low)}};
  const Step step = step_for(inside, std::max<int64_t>(most, 2));
  const Multiples whole = multiples(inside, step);
  Ticks ticks;
  for (int64_t i = 0; i < static_cast<int64_t>(whole.count); ++i) {
    ticks.at.push_back(step.times(whole.first + static_cast<double>(i)));
  }
  ticks.labels = step_labels(ticks.at, step);
  return ticks;
}

Ticks log_ticks(Range range, int64_t most) {
  const auto limit = static_cast<std::size_t>(std::max<int64_t>(most, 2));
  if (!(range.low > 0 && range.high > range.low && range.high <= 1e308)) return {};
  const int first = static_cast<int>(std::floor(std::log10(range.low)));
  const int last = static_cast<int>(std::ceil(std::log10(range.high)));
  Ticks ticks;
  ticks.at = decades(range, first, last, 1, /*between=*/true);
  if (ticks.at.size() < 3) return linear_ticks(range, most);
  for (const int stride : {1, 2, 5, 10, 20, 50, 100, 200, 500}) {
    if (ticks.at.size() <= limit) break;
    ticks.at = decades(range, first, last, stride, /*between=*/false);
  }
  for (const double value : ticks.at) ticks.labels.push_back(short_number(value, 1));
  return ticks;
}

std::string short_number(double value, int digits) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  if (value == 0) return "0";
  const int places = std::clamp(digits, 1, 17);
  // Through the rounded text, so that 999.96 with 4 digits counts as 1000.
  const std::string rounded = print("%.*e", places - 1, value);
  const int magnitude = std::stoi(rounded.substr(rounded.find('e') + 1));
  if (magnitude < -4 || magnitude >= 6) return strip_zeros(tidy_exponent(rounded));
  return strip_zeros(print("%.*f", std::max(0, places - 1 - magnitude), value));
}

}  // namespace common::plot
