// Schedules equal PyTorch's, as recorded by tests/reference/record_schedules.py, or a hand's sums.
#include "common/train/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "common/base/error.h"
#include "common/base/json.h"

namespace {
using namespace common::train;
using common::base::Error;
using common::base::Json;

Json recorded() {
  return common::base::read_json(COURSE_SOURCE_DIR "/tests/reference/schedules.json");
}

// Equal to 1e-12 of the value (the last rates are 1e-7 of the largest), and to one rounding of the
// largest: next to a cosine's end most digits cancel, which shows where two libm differ by a bit.
void expect_rates(const Schedule& schedule, const std::vector<double>& wanted,
                  const std::string& what) {
  const double largest = *std::max_element(wanted.begin(), wanted.end());
  ASSERT_GT(largest, 0);
  for (std::size_t step = 0; step < wanted.size(); ++step) {
    const double tolerance =
        1e-12 * wanted[step] + std::numeric_limits<double>::epsilon() * largest;
    EXPECT_NEAR(schedule(static_cast<std::int64_t>(step)).lr, wanted[step], tolerance)
        << what << ", step " << step;
  }
}

void expect_lr(const Schedule& schedule, const std::vector<double>& wanted) {
  expect_rates(schedule, wanted, "by hand");
}

OneCycle settings_of(const Json& run) {
  OneCycle o;
  o.max_lr = run["max_lr"];
  o.total_steps = run["total_steps"];
  o.pct_start = run["pct_start"];
  o.anneal = run["anneal"] == "cos" ? Anneal::kCosine : Anneal::kLinear;
  o.cycle_momentum = run["cycle_momentum"];
  o.base_momentum = run["base_momentum"];
  o.max_momentum = run["max_momentum"];
  o.div_factor = run["div_factor"];
  o.final_div_factor = run["final_div_factor"];
  o.three_phase = run["three_phase"];
  return o;
}

TEST(OneCycle, EveryStepIsThatOfPyTorch) {
  const Json runs = recorded()["one_cycle"];
  ASSERT_GE(runs.size(), 6u);
  for (const Json& run : runs) {
    Json settings = run;
    settings.erase("lr");
    settings.erase("momentum");
    const Schedule schedule = one_cycle(settings_of(run));
    const std::vector<double> momentum = run["momentum"];
    ASSERT_EQ(momentum.size(), run["total_steps"].get<std::size_t>());
    expect_rates(schedule, run["lr"], settings.dump());
    for (std::size_t step = 0; step < momentum.size(); ++step) {
      EXPECT_NEAR(schedule(static_cast<std::int64_t>(step)).momentum, momentum[step], 1e-12)
          << settings.dump() << ", step " << step;
    }
  }
}

TEST(OneCycle, DefaultsAreThoseOfPyTorch) {
  const Json run = recorded()["one_cycle"][0];  // sets nothing but form and length
  OneCycle o;
  o.max_lr = run["max_lr"];
  o.total_steps = run["total_steps"];
  expect_rates(one_cycle(o), run["lr"], "defaults");
  EXPECT_EQ(one_cycle(o)(0).momentum, run["momentum"][0].get<double>());
}

TEST(OneCycle, PastTheEndTheLastRatesHold) {
  for (const bool three_phase : {false, true}) {
    OneCycle o{.max_lr = 0.5, .total_steps = 20, .three_phase = three_phase};
    const Schedule schedule = one_cycle(o);
    for (const std::int64_t step : {20, 21, 1'000'000}) {
      EXPECT_EQ(schedule(step).lr, schedule(19).lr);
      EXPECT_EQ(schedule(step).momentum, schedule(19).momentum);
    }
    EXPECT_NEAR(schedule(19).lr, 0.5 / 25 / 1e4, 1e-16);
  }
}

// PyTorch divides by zero here.
TEST(OneCycle, ARunOfOneStepHasFiniteRates) {
  for (const double rise : {0.0, 0.3, 1.0}) {
    const Rates rates = one_cycle({.total_steps = 1, .pct_start = rise})(0);
    EXPECT_TRUE(std::isfinite(rates.lr) && rates.lr > 0) << rise;
    EXPECT_TRUE(std::isfinite(rates.momentum)) << rise;
  }
}

TEST(OneCycle, SettingsOutOfRangeAreRefused) {
  EXPECT_NO_THROW(one_cycle({.total_steps = 1}));
  EXPECT_THROW(one_cycle({.total_steps = 0}), Error);
  EXPECT_THROW(one_cycle({.total_steps = -5}), Error);
  EXPECT_THROW(one_cycle({.max_lr = 0, .total_steps = 9}), Error);
  EXPECT_THROW(one_cycle({.total_steps = 9, .pct_start = -0.1}), Error);
  EXPECT_THROW(one_cycle({.total_steps = 9, .pct_start = 1.1}), Error);
  EXPECT_THROW(one_cycle({.total_steps = 9, .pct_start = std::nan("")}), Error);
  EXPECT_THROW(one_cycle({.total_steps = 9, .div_factor = 0}), Error);
  EXPECT_THROW(one_cycle({.total_steps = 9, .final_div_factor = -1}), Error);
}

TEST(Schedule, CosineIsPyTorchsClosedForm) {
  const Json run = recorded()["cosine"];
  const Schedule schedule = cosine(run["lr"], run["steps"], run["last"], /*momentum=*/0.7);
  expect_rates(schedule, run["rates"], "cosine");
  EXPECT_DOUBLE_EQ(schedule(1000).lr, run["last"].get<double>());
  EXPECT_EQ(schedule(3).momentum, 0.7);
  EXPECT_THROW(cosine(0.1, 0), Error);
}

TEST(Schedule, StepDecayIsPyTorchs) {
  const Json run = recorded()["step_decay"];
  const Schedule schedule = step_decay(run["lr"], run["every"], run["factor"], /*momentum=*/0.7);
  expect_rates(schedule, run["rates"], "step_decay");
  EXPECT_EQ(schedule(3).momentum, 0.7);
  EXPECT_THROW(step_decay(0.1, 0), Error);
}

TEST(Schedule, AConstantStays) {
  expect_lr(constant(0.2), {0.2, 0.2, 0.2});
  EXPECT_EQ(constant(0.2, 0.5)(7).momentum, 0.5);
}

TEST(Schedule, AnnealingGoesStraightOrAlongHalfACosine) {
  EXPECT_DOUBLE_EQ(anneal(1, 3, 0.25, Anneal::kLinear), 1.5);
  EXPECT_DOUBLE_EQ(anneal(1, 3, 0.25, Anneal::kCosine), 2 - std::sqrt(0.5));  // cos 45 degrees
  EXPECT_DOUBLE_EQ(anneal(1, 3, 0, Anneal::kCosine), 1);
  EXPECT_DOUBLE_EQ(anneal(1, 3, 1, Anneal::kCosine), 3);
}

TEST(Schedule, ATriangleGoesThroughItsThreePoints) {
  // (0, 0.4), (4, 2), (10, 0.2): up by 0.4 a step, down by 0.3.
  expect_lr(triangle(2, 10, /*first=*/0.2, /*peak_at=*/0.4, /*last=*/0.1),
            {0.4, 0.8, 1.2, 1.6, 2, 1.7, 1.4, 1.1, 0.8, 0.5, 0.2, 0.2, 0.2});
  EXPECT_EQ(triangle(2, 10, 0.2, 0.4, 0.1, /*momentum=*/0.7)(5).momentum, 0.7);
}

TEST(Schedule, ATrianglesPeakMayBeAtEitherEnd) {
  expect_lr(triangle(1, 4, 0.5, /*peak_at=*/0, 0), {1, 0.75, 0.5, 0.25, 0, 0});
  expect_lr(triangle(1, 4, 0, /*peak_at=*/1, 0.5), {0, 0.25, 0.5, 0.75, 1, 1});
}

TEST(Schedule, ATriangleOutOfRangeIsRefused) {
  EXPECT_THROW(triangle(1, 0, 0, 0.5, 0), Error);
  EXPECT_THROW(triangle(1, 10, 0, -0.1, 0), Error);
  EXPECT_THROW(triangle(1, 10, 0, 1.1, 0), Error);
}

TEST(Schedule, WarmUpScalesOnlyTheFirstRates) {
  const Schedule schedule = warm_up(step_decay(0.8, 5, 0.5, /*momentum=*/0.7), 4);
  expect_lr(schedule, {0.2, 0.4, 0.6, 0.8, 0.8, 0.4, 0.4});
  EXPECT_EQ(schedule(0).momentum, 0.7);
  expect_lr(warm_up(constant(0.8), 0), {0.8, 0.8});
}

TEST(Schedule, WarmUpStableDecayIsAsByHand) {
  expect_lr(warm_up_stable_decay(1, 10, /*warm=*/2, /*decay=*/4, /*last=*/0.2),
            {0.5, 1, 1, 1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2, 0.2});
  expect_lr(warm_up_stable_decay(1, 3, 0, 0), {1, 1, 1});
  expect_lr(warm_up_stable_decay(1, 4, 2, 2), {0.5, 1, 1, 0.5, 0, 0});
  EXPECT_EQ(warm_up_stable_decay(1, 10, 2, 4, 0, /*momentum=*/0.7)(8).momentum, 0.7);
}

TEST(Schedule, WarmUpAndDecayMustFitIntoTheSteps) {
  EXPECT_THROW(warm_up_stable_decay(1, 10, 6, 5), Error);
  EXPECT_THROW(warm_up_stable_decay(1, 10, -1, 5), Error);
  EXPECT_THROW(warm_up_stable_decay(1, 10, 1, -5), Error);
  EXPECT_THROW(warm_up_stable_decay(1, 0, 0, 0), Error);
}

}  // namespace
