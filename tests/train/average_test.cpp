// The moving average and lookahead follow their formulas.
#include "common/train/average.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <vector>

#include "common/base/error.h"

namespace {
using namespace common::train;
using at::Tensor;
using common::base::Error;
using common::base::NamedTensors;

// A model of one parameter, one buffer and one count.
struct Model {
  Tensor weight = at::tensor({1.0, -2.0}, at::kDouble).requires_grad_();
  Tensor mean = at::tensor({10.0}, at::kDouble);
  Tensor count = at::tensor({3}, at::kLong);

  NamedTensors tensors() const { return {{"weight", weight}, {"mean", mean}, {"count", count}}; }
  void set(double a, double b, double m, std::int64_t n) const {
    weight.detach().copy_(at::tensor({a, b}, at::kDouble));
    mean.fill_(m);
    count.fill_(n);
  }
};

void expect_near(const Tensor& found, std::vector<double> wanted) {
  ASSERT_EQ(found.numel(), static_cast<std::int64_t>(wanted.size()));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_NEAR(found[static_cast<std::int64_t>(i)].item<double>(), wanted[i], 1e-12);
  }
}

TEST(Ema, FollowsItsFormulaAndCopiesWholeNumbers) {
  const Model model;
  Ema ema(model.tensors(), 0.75);
  model.set(2, 0, 20, 5);
  ema.update(1000);
  expect_near(ema.state().at("weight"), {0.75 * 1 + 0.25 * 2, 0.75 * -2});
  expect_near(ema.state().at("mean"), {12.5});
  EXPECT_EQ(ema.state().at("count").item<std::int64_t>(), 5);
  EXPECT_EQ(ema.state().at("count").scalar_type(), at::kLong);
  model.set(4, 0, 20, 6);
  ema.update(1001);
  expect_near(ema.state().at("weight"), {0.75 * 1.25 + 0.25 * 4, 0.75 * -1.5});
  expect_near(model.weight, {4, 0});
}

TEST(Ema, EarlyDecayIsSmaller) {
  const Model model;
  Ema ema(model.tensors(), 0.999);
  model.set(2, 0, 20, 5);
  ema.update(0);  // decay 1 / 10
  expect_near(ema.state().at("weight"), {0.1 * 1 + 0.9 * 2, 0.1 * -2});
  ema.update(5);  // decay 6 / 15
  expect_near(ema.state().at("weight"), {0.4 * 1.9 + 0.6 * 2, 0.4 * -0.2});
}

TEST(Ema, SwappingTwiceRestoresEveryBit) {
  const Model model;
  Ema ema(model.tensors(), 0.9);
  model.set(1.0 / 3, 0.1, 20, 5);
  ema.update(1000);
  const Tensor weight = model.weight.detach().clone();
  const Tensor average = ema.state().at("weight").clone();
  ema.swap();
  EXPECT_TRUE(at::equal(model.weight, average));
  EXPECT_TRUE(at::equal(ema.state().at("weight"), weight));
  ema.swap();
  EXPECT_TRUE(at::equal(model.weight, weight));
  EXPECT_TRUE(at::equal(ema.state().at("weight"), average));
  EXPECT_TRUE(model.weight.requires_grad());
}

TEST(Ema, TheModelHoldsTheAveragesOnlyInsideTheScope) {
  const Model model;
  Ema ema(model.tensors(), 0.9);
  model.set(5, 5, 50, 5);
  {
    const WithAverage averages(ema);
    expect_near(model.weight, {1, -2});
    expect_near(model.mean, {10});
    EXPECT_EQ(model.count.item<std::int64_t>(), 3);
  }
  expect_near(model.weight, {5, 5});
  EXPECT_EQ(model.count.item<std::int64_t>(), 5);
}

TEST(Ema, OffDoesNothing) {
  Ema ema;
  EXPECT_FALSE(ema.on());
  ema.update(3);
  { const WithAverage averages(ema); }
  EXPECT_TRUE(ema.state().empty());
}

TEST(Ema, StateIsTakenUpByAFreshOne) {
  const Model model;
  Ema first(model.tensors(), 0.9);
  model.set(7, 8, 9, 10);
  first.update(1000);
  Ema second(model.tensors(), 0.9);
  EXPECT_FALSE(at::equal(second.state().at("weight"), first.state().at("weight")));
  second.load(first.state());
  model.set(-1, 0.3, 2, 11);
  first.update(1001);
  second.update(1001);
  for (const auto& [name, tensor] : first.state()) {
    EXPECT_TRUE(at::equal(second.state().at(name), tensor)) << name;
  }
  EXPECT_THROW(second.load({}), Error);
}

TEST(Ema, ADecayOutOfRangeIsRefused) {
  const Model model;
  EXPECT_NO_THROW(Ema(model.tensors(), 0));
  EXPECT_THROW(Ema(model.tensors(), 1), Error);
  EXPECT_THROW(Ema(model.tensors(), -0.1), Error);
}

TEST(Lookahead, MovesOnlyAfterEachFullRound) {
  const Model model;
  Lookahead lookahead(model.tensors(), 3);
  model.set(5, 2, 20, 4);
  for (const std::int64_t step : {0, 1}) {
    lookahead.update(step, 0.75);
    expect_near(model.weight, {5, 2});
  }
  lookahead.update(2, 0.75);
  expect_near(model.weight, {0.75 * 1 + 0.25 * 5, 0.75 * -2 + 0.25 * 2});
  expect_near(model.mean, {12.5});
  EXPECT_EQ(model.count.item<std::int64_t>(), 4);
  expect_near(lookahead.state().at("weight"), {2, -1});
  model.set(6, 6, 20, 5);
  lookahead.update(5, 0.5);  // from the slow weights, not from those that the model began with
  expect_near(model.weight, {4, 2.5});
  model.set(9, 9, 20, 6);
  lookahead.update(6, 0.5);
  lookahead.finish();
  expect_near(model.weight, {4, 2.5});
}

TEST(Lookahead, OffDoesNothing) {
  Lookahead lookahead;
  EXPECT_FALSE(lookahead.on());
  lookahead.update(0, 0.5);
  lookahead.finish();
  EXPECT_TRUE(lookahead.state().empty());
}

TEST(Lookahead, StateIsTakenUpByAFreshOne) {
  const Model model;
  Lookahead first(model.tensors(), 1);
  model.set(7, 8, 9, 10);
  Lookahead second(model.tensors(), 1);
  second.load(first.state());
  second.update(0, 0.5);
  expect_near(model.weight, {4, 3});
  EXPECT_THROW(second.load({}), Error);
  EXPECT_THROW(Lookahead(model.tensors(), 0), Error);
}

}  // namespace
