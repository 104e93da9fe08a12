#include <set>

#include "common/base/exercise.h"
#include "exercise.h"

namespace {

// By following every path back from one number.
int followed(const std::vector<Step>& steps) {
  std::set<int> places = {0};
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    std::set<int> before;
    for (const int place : places) {
      for (int i = 0; i < step->kernel; ++i) before.insert(place * step->stride + i);
    }
    places = before;
  }
  return *places.rbegin() - *places.begin() + 1;
}

}  // namespace

int main() {
  common::base::Checks checks("04.4 receptive field");
  const auto check = [&](const char* what, const std::vector<Step>& steps) {
    checks.near(what, receptive_field(steps), followed(steps));
  };
  check("no layer", {});
  check("one 3x3", {{3, 1}});
  check("two 3x3 see what a 5x5 sees", {{3, 1}, {3, 1}});
  check("3x3, pooling, 3x3", {{3, 1}, {2, 2}, {3, 1}});
  check("a stride in the middle", {{3, 1}, {3, 2}, {3, 1}, {3, 2}, {3, 1}});
  check("the speedrun's network",
        {{2, 1}, {3, 1}, {2, 2}, {3, 1}, {3, 1}, {2, 2}, {3, 1}, {3, 1}, {2, 2}, {3, 1}});
  checks.holds(
      "the speedrun's network sees the whole image of 32 pixels",
      receptive_field(
          {{2, 1}, {3, 1}, {2, 2}, {3, 1}, {3, 1}, {2, 2}, {3, 1}, {3, 1}, {2, 2}, {3, 1}}) > 32,
      "found too small a field");
  return checks.report();
}
