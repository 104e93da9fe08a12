// Loss scaling equals PyTorch's (tests/reference/record_optimizers.py); autocast nests and
// restores.
#include "common/train/precision.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>
#include <vector>

#include "common/base/error.h"
#include "common/base/json.h"
#include "common/train/optimizer.h"
#include "tests/temporary_folder.h"

namespace {
using namespace common::train;
using at::Tensor;
using common::base::Error;
using common::base::Json;
using tests::message_of;

bool autocast_on() { return at::autocast::is_autocast_enabled(at::kCPU); }

// One step of the recorded sequences: loss = |w|^2 / 2, one gradient made not finite when `bad`.
void step_scaled(GradScaler& scaler, Optimizer& optimizer, const Tensor& weight, int step,
                 bool bad) {
  optimizer.zero_grad();
  scaler.scale((weight * weight).sum() / 2).backward();
  if (bad) {
    weight.grad()[1].fill_(step % 2 == 1 ? std::numeric_limits<double>::infinity()
                                         : std::numeric_limits<double>::quiet_NaN());
  }
  scaler.unscale_(optimizer.parameters());
  optimizer.step(step, {.lr = 0.1, .momentum = 0.9}, scaler.found_inf());
  scaler.update();
}

Tensor start() { return at::tensor({1.0f, -2.0f, 3.0f}).requires_grad_(); }

ParameterGroup plain_sgd(const Tensor& weight) {
  return {.name = "all", .parameters = {weight}, .rule = Sgd{.nesterov = false}};
}

TEST(GradScaler, ScaleCountAndWeightsAreThoseOfPyTorch) {
  const Json sequences =
      common::base::read_json(COURSE_SOURCE_DIR "/tests/reference/grad_scaler.json")["sequences"];
  ASSERT_EQ(sequences.size(), 3u);
  for (const Json& run : sequences) {
    const Tensor weight = start();
    Optimizer optimizer({plain_sgd(weight)});
    GradScaler scaler(at::kCPU, run["scale"], run["growth"], run["backoff"], run["interval"]);
    const std::vector<int> bad = run["bad"];
    const int steps = static_cast<int>(run["scales"].size());
    ASSERT_GE(steps, 20);
    for (int step = 0; step < steps; ++step) {
      const bool is_bad = std::find(bad.begin(), bad.end(), step) != bad.end();
      step_scaled(scaler, optimizer, weight, step, is_bad);
      EXPECT_EQ(scaler.found_inf().item<float>(), is_bad ? 1 : 0);
      const auto at = static_cast<std::size_t>(step);
      EXPECT_EQ(scaler.current(), run["scales"][at].get<double>()) << run["scale"] << " " << step;
      EXPECT_EQ(scaler.state().at("tracker").item<int>(), run["trackers"][at].get<int>());
      for (int i = 0; i < 3; ++i) {
        EXPECT_NEAR(weight[i].item<double>(),
                    run["weights"][at][static_cast<std::size_t>(i)].get<double>(), 1e-5)
            << run["scale"] << " " << step;
      }
    }
  }
}

TEST(GradScaler, AStepWithAnInfiniteGradientChangesNothingButTheScale) {
  const Tensor weight = start();
  Optimizer optimizer({plain_sgd(weight)});
  GradScaler scaler(at::kCPU, 1024);
  step_scaled(scaler, optimizer, weight, 0, false);
  const Tensor before = weight.detach().clone();
  const Tensor momentum = optimizer.state().at("all.0.first").clone();
  step_scaled(scaler, optimizer, weight, 1, true);
  EXPECT_TRUE(at::equal(weight, before));
  EXPECT_TRUE(at::equal(optimizer.state().at("all.0.first"), momentum));
  EXPECT_EQ(scaler.current(), 512);
  step_scaled(scaler, optimizer, weight, 2, false);
  EXPECT_FALSE(at::equal(weight, before));
  EXPECT_EQ(scaler.current(), 512);
}

TEST(GradScaler, StateGoesOnInAFreshOne) {
  const Tensor weight = start(), other = start();
  Optimizer optimizer({plain_sgd(weight)}), other_optimizer({plain_sgd(other)});
  const auto make = [] { return GradScaler(at::kCPU, 64, 2, 0.5, /*interval=*/3); };
  GradScaler first = make(), second = make();
  for (int step = 0; step < 5; ++step) step_scaled(first, optimizer, weight, step, step == 0);
  second.load(first.state());
  EXPECT_EQ(second.current(), 64);  // 64 / 2 * 2, then one good step
  for (int step = 5; step < 7; ++step) {
    EXPECT_EQ(first.current(), 64);
    step_scaled(first, optimizer, weight, step, false);
    step_scaled(second, other_optimizer, other, step, false);
    EXPECT_EQ(second.current(), first.current());
  }
  EXPECT_EQ(second.current(), 128);  // the third good one: the count was kept too
  EXPECT_THROW(second.load({}), Error);
}

TEST(GradScaler, OffDoesNothing) {
  const Tensor weight = start();
  Optimizer optimizer({plain_sgd(weight)});
  GradScaler scaler;
  EXPECT_FALSE(scaler.on());
  EXPECT_EQ(scaler.current(), 1);
  EXPECT_TRUE(scaler.state().empty());
  step_scaled(scaler, optimizer, weight, 0, false);
  EXPECT_FALSE(scaler.found_inf().defined());
  EXPECT_NEAR(weight[2].item<double>(), 3 - 0.1 * 3, 1e-6);
}

TEST(Autocast, AProductIsInBf16OnlyWhileTheGuardLives) {
  const Tensor a = at::ones({2, 2});
  {
    const Autocast guard(at::kCPU, at::kBFloat16);
    EXPECT_EQ(a.mm(a).scalar_type(), at::kBFloat16);
    EXPECT_EQ(a.add(a).scalar_type(), at::kFloat);
  }
  EXPECT_EQ(a.mm(a).scalar_type(), at::kFloat);
}

TEST(Autocast, GuardsNestAndRestore) {
  const auto type_before = at::autocast::get_autocast_dtype(at::kCPU);
  const Tensor a = at::ones({2, 2});
  {
    const Autocast outer(at::kCPU, at::kHalf);
    EXPECT_EQ(at::autocast::get_autocast_dtype(at::kCPU), at::kHalf);
    {
      const Autocast inner(at::kCPU, at::kBFloat16);
      EXPECT_EQ(a.mm(a).scalar_type(), at::kBFloat16);
    }
    EXPECT_TRUE(autocast_on());
    EXPECT_EQ(a.mm(a).scalar_type(), at::kHalf);
  }
  EXPECT_FALSE(autocast_on());
  EXPECT_EQ(at::autocast::get_autocast_dtype(at::kCPU), type_before);
}

TEST(Autocast, FloatIsOff) {
  const Tensor a = at::ones({2, 2});
  const Autocast guard(at::kCPU, at::kFloat);
  EXPECT_FALSE(autocast_on());
  EXPECT_EQ(a.mm(a).scalar_type(), at::kFloat);
}

TEST(Autocast, AnExceptionRestoresToo) {
  try {
    const Autocast guard(at::kCPU, at::kBFloat16);
    throw Error("stop");
  } catch (const Error&) {
  }
  EXPECT_FALSE(autocast_on());
}

// A weight's copy in bf16 is kept until the outermost guard ends, not longer.
TEST(Autocast, AWeightChangedBetweenGuardsIsCastAgain) {
  const Tensor weight = at::ones({2, 2}).requires_grad_(), x = at::ones({2, 2});
  const auto product = [&] {
    const Autocast guard(at::kCPU, at::kBFloat16);
    return x.mm(weight).sum().item<double>();
  };
  EXPECT_EQ(product(), 8);
  weight.detach().fill_(2);
  EXPECT_EQ(product(), 16);
}

TEST(PickPrecision, WordsAreTakenAsAsked) {
  EXPECT_EQ(pick_precision("fp32", at::kCPU).type, at::kFloat);
  EXPECT_EQ(pick_precision("bf16", at::kCPU).type, at::kBFloat16);
  EXPECT_EQ(pick_precision("fp16", c10::Device(at::kCUDA, 0)).type, at::kHalf);
  EXPECT_NE(pick_precision("bf16", at::kCPU).reason.find("as asked"), std::string::npos);
}

TEST(PickPrecision, AutoAsksTheProcessor) {
  std::ifstream file("/proc/cpuinfo");
  std::stringstream text;
  text << file.rdbuf();
  if (text.str().empty()) GTEST_SKIP() << "no /proc/cpuinfo to compare with";
  const bool has_bf16 = text.str().find("avx512_bf16") != std::string::npos;
  const Precision found = pick_precision("auto", at::kCPU);
  EXPECT_EQ(found.type, has_bf16 ? at::kBFloat16 : at::kFloat);
  EXPECT_EQ(found.reason.rfind(has_bf16 ? "bf16" : "fp32", 0), 0u) << found.reason;
}

TEST(PickPrecision, OtherWordsAndFp16OnACpuAreRefused) {
  const auto half = message_of<Error>([] { pick_precision("fp16", at::kCPU); });
  EXPECT_NE(half.find("needs a GPU"), std::string::npos) << half;
  const auto other = message_of<Error>([] { pick_precision("fp64", at::kCPU); });
  EXPECT_NE(other.find("auto, fp32, bf16 or fp16, not fp64"), std::string::npos) << other;
  EXPECT_THROW(pick_precision("", at::kCPU), Error);
}

}  // namespace
