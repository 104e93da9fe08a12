// What the check of an exercise says to the learner.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

namespace common::base {

/// Collects what an exercise got right and wrong.
///
///     Checks checks("01.1 softplus");
///     checks.near("softplus(0) = log 2", softplus(0), 0.6931, 1e-12);
///     return checks.report();
class Checks {
 public:
  explicit Checks(std::string exercise) : exercise_(std::move(exercise)) {}

  /// Checks that `found` is within `tolerance` of `expected`; NaN is wrong.
  void near(const std::string& what, double found, double expected, double tolerance = 1e-9) {
    char text[96];
    std::snprintf(text, sizeof text, "expected %.6g, found %.6g", expected, found);
    add(std::abs(found - expected) <= tolerance, what, text);
  }

  /// The same for each of a list.
  void near(const std::string& what, const std::vector<double>& found,
            const std::vector<double>& expected, double tolerance = 1e-9) {
    if (found.size() != expected.size()) {
      add(false, what,
          "expected " + std::to_string(expected.size()) + " numbers, found " +
              std::to_string(found.size()));
      return;
    }
    std::size_t worst = 0;
    const auto error = [&](std::size_t i) {
      const double e = std::abs(found[i] - expected[i]);
      return std::isnan(e) ? INFINITY : e;
    };
    for (std::size_t i = 1; i < found.size(); ++i) {
      if (error(i) > error(worst)) worst = i;
    }
    if (found.empty()) return add(true, what, "");
    char text[128];
    std::snprintf(text, sizeof text, "element %zu: expected %.6g, found %.6g", worst,
                  expected[worst], found[worst]);
    add(error(worst) <= tolerance, what, text);
  }

  /// Checks a fact; `hint` is printed when it does not hold.
  void holds(const std::string& what, bool ok, const std::string& hint) { add(ok, what, hint); }

  /// Prints the verdict. Returns 0 when everything is right, else 1.
  int report() const {
    std::printf("%s: %d of %d right%s\n", exercise_.c_str(), right_, all_,
                right_ == all_ ? ". Solved!" : "");
    return right_ == all_ ? 0 : 1;
  }

 private:
  void add(bool ok, const std::string& what, const std::string& hint) {
    ++all_;
    right_ += ok ? 1 : 0;
    std::printf("%s %s%s\n", ok ? "right:" : "wrong:", what.c_str(),
                ok ? "" : (": " + hint).c_str());
  }
  std::string exercise_;
  int right_ = 0, all_ = 0;
};

}  // namespace common::base
