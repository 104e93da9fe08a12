#include "common/base/exercise.h"
#include "exercise.h"

int main() {
  common::base::Checks checks("01.1 softplus");
  checks.near("softplus(0) is log 2", softplus(0), std::log(2.0));
  checks.near("softplus(1)", softplus(1), 1.3132616875182228);
  checks.near("softplus(-1)", softplus(-1), 0.31326168751822286);
  checks.near("softplus(1000) does not overflow", softplus(1000), 1000);
  checks.near("softplus(-1000) vanishes", softplus(-1000), 0);
  checks.holds("softplus(-40) keeps its digits",
               std::abs(softplus(-40) / std::exp(-40.0) - 1) < 1e-9,
               "log(1 + x) rounds a small x away; std::log1p does not");
  for (const double z : {-3.0, -0.5, 0.0, 0.7, 4.0}) {
    const double difference = (softplus(z + 1e-6) - softplus(z - 1e-6)) / 2e-6;
    checks.near("slope at " + std::to_string(z) + " is that of your softplus", softplus_slope(z),
                difference, 1e-7);
  }
  checks.near("slope at 0 is a half", softplus_slope(0), 0.5);
  checks.near("slope at -1000", softplus_slope(-1000), 0);
  return checks.report();
}
