#include <cmath>

#include "common/base/exercise.h"
#include "common/base/random.h"
#include "exercise.h"

namespace {

Statistics of(const std::vector<double>& values) {
  Statistics s;
  s.count = static_cast<double>(values.size());
  if (values.empty()) return s;
  for (const double v : values) s.mean += v / s.count;
  for (const double v : values) s.variance += (v - s.mean) * (v - s.mean) / s.count;
  return s;
}

}  // namespace

int main() {
  common::base::Checks checks("09.3 statistics of all ranks");
  const Statistics simple = together({{1, 2, 0}, {1, 4, 0}});
  checks.near("two numbers: their mean", simple.mean, 3);
  checks.near("two numbers: their variance", simple.variance, 1);
  const Statistics unequal = together({{3, 1, 0}, {1, 5, 0}});
  checks.near("more numbers count more", unequal.mean, 2);
  checks.near("and their variance is 3", unequal.variance, 3);
  const Statistics empty = together({{0, 0, 0}, {2, 7, 4}, {0, 0, 0}});
  checks.near("ranks without numbers change nothing", empty.variance, 4);
  checks.near("the counts add up", empty.count, 2);
  common::base::Random random(3);
  std::vector<double> all, part;
  std::vector<Statistics> ranks;
  for (const int count : {5, 40, 1, 17}) {
    part.clear();
    for (int i = 0; i < count; ++i) part.push_back(random.normal(1e6, 1));
    ranks.push_back(of(part));
    all.insert(all.end(), part.begin(), part.end());
  }
  const Statistics wanted = of(all), found = together(ranks);
  checks.near("means of a million", found.mean / 1e6, wanted.mean / 1e6, 1e-13);
  checks.holds("and a variance of one, to ten digits",
               std::abs(found.variance - wanted.variance) <= 1e-10 * wanted.variance,
               "mean(x^2) - mean(x)^2 loses twelve digits here");
  return checks.report();
}
