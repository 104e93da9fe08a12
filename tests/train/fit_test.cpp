// The training loop: its order, its parts, where it stops.
#include "common/train/fit.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "common/base/error.h"
#include "tests/temporary_folder.h"

namespace {
using namespace common::train;
using at::Tensor;
using common::base::Error;

// A line through points: y = w x, learned by least squares.
struct Line {
  Tensor w = at::zeros({1}, at::kDouble).requires_grad_();
  Optimizer optimizer{{{"w", {w}, Sgd{false}}}};
  Training training{optimizer};
  std::vector<std::string> events;
  int64_t given = 0;

  explicit Line(int64_t steps) {
    training.steps = steps;
    training.schedule = constant(0.1, /*momentum=*/0);
    training.batch_size = 2;
    training.log_every = 5;
  }
  Tensor next() {  // x [2]
    events.push_back("next");
    ++given;
    return at::tensor({1.0, static_cast<double>(given % 3)}, at::kDouble);
  }
  Tensor loss_of(const Tensor& x) {
    events.push_back("loss");
    return (w * x - 3 * x).square().mean();
  }
  void fit(common::base::Run& run, Verdict verdict = Verdict::kGoOn) {
    common::train::fit(
        training, run, [this] { return next(); },
        [this](const Tensor& x, int64_t) { return loss_of(x); },
        [this, verdict](int64_t step) {
          events.push_back("evaluate " + std::to_string(step));
          return verdict;
        });
  }
};

TEST(Fit, LearnsALine) {
  Line line(60);
  common::base::Run run;
  line.fit(run);
  EXPECT_NEAR(line.w.item<double>(), 3, 1e-3);
  EXPECT_EQ(line.training.step, 60);
}

TEST(Fit, EndsOnTheSlowWeightsOfLookahead) {
  Line line(5);
  line.training.lookahead = Lookahead({{"w", line.w}}, 3);
  line.training.lookahead_decay = [](int64_t) { return 0.5; };
  common::base::Run run;
  line.fit(run);
  EXPECT_TRUE(line.w.equal(line.training.lookahead.state().at("w")));
}

TEST(Fit, EvaluatesEverySoManyStepsAndAfterTheLast) {
  Line line(5);
  line.training.evaluate_every = 2;
  line.training.micro_batches = 2;
  common::base::Run run;
  line.fit(run);
  const std::vector<std::string> step = {"next", "next", "loss", "loss"};
  std::vector<std::string> wanted;
  for (int i = 1; i <= 5; ++i) {
    wanted.insert(wanted.end(), step.begin(), step.end());
    if (i == 2 || i == 4 || i == 5) wanted.push_back("evaluate " + std::to_string(i));
  }
  EXPECT_EQ(line.events, wanted);
}

TEST(Fit, MicroBatchesAverageTheirGradients) {
  Line one(1), two(1);
  two.training.micro_batches = 2;
  common::base::Run run;
  one.fit(run);  // x = (1, 1): dw = mean(2 x x (w - 3)) = -6
  EXPECT_NEAR(one.w.item<double>(), 0.6, 1e-12);
  two.fit(run);  // then x = (1, 2): dw = -15; their mean is -10.5
  EXPECT_NEAR(two.w.item<double>(), 1.05, 1e-12);
}

// Rank 0 of two, where the other gives what `other` makes of this one's.
Ranks two_ranks(std::function<Tensor(const Tensor&)> other) {
  Ranks ranks;
  ranks.world = {0, 2};
  ranks.all_gather = [=](const Tensor& mine) { return at::stack({mine, other(mine)}); };
  return ranks;
}

TEST(Fit, GradientsAreAveragedInTheLastBackwardPassOfAStep) {
  Line line(3);
  line.training.micro_batches = 2;
  line.training.ranks.before_backward = [&](const Tensor& loss) {
    line.events.push_back(loss.requires_grad() ? "average" : "nothing");
  };
  common::base::Run run;
  line.fit(run);
  const std::vector<std::string> step = {"next", "next", "loss", "loss", "average"};
  ASSERT_GE(line.events.size(), 5U);
  EXPECT_EQ(std::vector<std::string>(line.events.begin(), line.events.begin() + 5), step);
  EXPECT_EQ(std::count(line.events.begin(), line.events.end(), "average"), 3);
}

TEST(Fit, TheLoggedLossIsTheMeanOverTheRanks) {
  Line alone(5), one_of_two(5);
  one_of_two.training.ranks =
      two_ranks([](const Tensor& mine) { return mine.is_floating_point() ? mine + 2 : mine; });
  common::base::Run run, run_of_two;
  alone.fit(run);
  one_of_two.fit(run_of_two);
  EXPECT_DOUBLE_EQ(run_of_two.history("train", "loss").back().second,
                   run.history("train", "loss").back().second + 1);
}

TEST(Fit, WhatOneRankWantsAllDo) {
  Line line(100);
  line.training.step = 50;
  const auto next_if_other_says = [&](int64_t interrupted, int64_t save) {
    line.training.ranks = two_ranks([=](const Tensor&) { return at::tensor({interrupted, save}); });
    return what_next(line.training);
  };
  EXPECT_FALSE(next_if_other_says(0, 0).interrupted);
  EXPECT_FALSE(next_if_other_says(0, 0).save);
  EXPECT_TRUE(next_if_other_says(1, 0).interrupted);
  EXPECT_TRUE(next_if_other_says(1, 0).save);
  EXPECT_TRUE(next_if_other_says(0, 1).save);
  EXPECT_FALSE(next_if_other_says(0, 1).interrupted);
  line.training.step = 100;
  EXPECT_FALSE(next_if_other_says(1, 0).interrupted) << "nothing is left to do";
  EXPECT_TRUE(next_if_other_says(0, 0).save);
}

TEST(Fit, TheVerdictEndsTheTraining) {
  Line line(50);
  line.training.evaluate_every = 3;
  common::base::Run run;
  line.fit(run, Verdict::kStop);
  EXPECT_EQ(line.training.step, 3);
  EXPECT_TRUE(line.training.stopped);
  line.fit(run);  // a training that was stopped stays so
  EXPECT_EQ(line.training.step, 3);
}

TEST(Fit, ALossThatIsNotFiniteIsToldWithStepAndRate) {
  Line line(20);
  line.training.schedule = constant(1e200, 0);
  common::base::Run run;
  try {
    line.fit(run);
    FAIL() << "wanted an error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("step 5"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("1e+200"), std::string::npos) << error.what();
  }
}

TEST(Fit, ClippingLimitsTheStep) {
  Line line(1);
  line.training.clip_norm = 0.5;
  common::base::Run run;
  line.fit(run);
  EXPECT_NEAR(line.w.item<double>(), 0.05, 1e-6);
}

TEST(Fit, TheLoggedLossIsTheMeanSinceTheLastLog) {
  Line line(7);
  line.training.schedule = constant(1e-12, 0);  // the loss stays that of w = 0
  common::base::Run run;
  line.fit(run);
  const auto losses = run.history("train", "loss");
  ASSERT_EQ(losses.size(), 2u);  // after 5 and after 7
  // Losses of steps 1 to 7: x = (1, 1), (1, 2), (1, 0), ...: 9, 22.5, 4.5, 9, 22.5 | 4.5, 9
  EXPECT_NEAR(losses[0].second, 13.5, 1e-5);
  EXPECT_NEAR(losses[1].second, 6.75, 1e-5);
}

TEST(Fit, TheLoggedAccuracyIsTheMeanSinceTheLastLog) {
  Line line(8);
  line.training.micro_batches = 2;
  line.training.log_every = 4;
  common::base::Run run;
  int64_t asked = 0;
  common::train::fit(
      line.training, run, [&] { return line.next(); },
      [&](const Tensor& x, int64_t) {  // says 0, 1, 2, ... and so steps 0.5, 2.5, ...
        return Judgement(line.loss_of(x), at::scalar_tensor(asked++));
      },
      [](int64_t) { return Verdict::kGoOn; });
  const auto logged = run.history("train", "accuracy");
  ASSERT_EQ(logged.size(), 2U);
  EXPECT_EQ(logged[0].second, 3.5);
  EXPECT_EQ(logged[1].second, 11.5);
}

TEST(Meter, GoesOnFromACheckpointBetweenTwoReadings) {
  Meter before, after;
  before.add({at::scalar_tensor(2), at::scalar_tensor(0.25)}, 1);
  before.count(10);
  Part saved = before.part(), loaded = after.part();
  loaded.load_tensors(saved.tensors());
  loaded.load_numbers(saved.numbers());
  after.add({at::scalar_tensor(4), at::scalar_tensor(0.75)}, 1);
  after.count(10);
  const Meter::Reading reading = after.read();
  EXPECT_EQ(reading.loss, 3);
  EXPECT_EQ(reading.accuracy, 0.5);
  after.add({at::scalar_tensor(1)}, 1);
  after.count(10);
  EXPECT_EQ(after.read().accuracy, std::nullopt) << "nobody gave one";
}

TEST(Fit, EvaluationAndSavingAreNotTraining) {
  Line line(4);
  line.training.evaluate_every = 1;
  common::base::Run run;
  common::train::fit(
      line.training, run, [&] { return line.next(); },
      [&](const Tensor& x, int64_t) { return line.loss_of(x); },
      [](int64_t) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        return Verdict::kGoOn;
      });
  EXPECT_LT(line.training.meter.seconds(), 0.15);
  EXPECT_EQ(line.training.meter.samples(), 8);
}

// A line whose training a folder keeps.
struct KeptLine : Line {
  common::base::Run run;
  KeptLine(const std::filesystem::path& dir, bool resume)
      : Line(4), run({}, common::base::Json::object(), dir, resume) {
    training.scaler = GradScaler(at::kCPU, /*scale=*/8, 2, 0.5, /*interval=*/2);
    training.ema = Ema({{"w", w}}, 0.5);
    training.save_every_s = 0;
    training.checkpoints =
        Checkpoints(dir / "checkpoint", "line", {part_of_tensors("line", {{"w", w}})});
  }
};

TEST(Fit, AResumedTrainingHasTheScaleAndTheAverageThatItHad) {
  const tests::TemporaryFolder folder;
  Tensor w, average;
  {
    KeptLine line(folder / "run", /*resume=*/false);
    EXPECT_EQ(resume(line.training, line.run), 0);
    line.fit(line.run);
    EXPECT_EQ(line.training.scaler.current(), 32) << "doubled after each two steps";
    w = line.w;
    average = line.training.ema.state().at("w");
  }
  KeptLine again(folder / "run", /*resume=*/true);
  EXPECT_EQ(resume(again.training, again.run), 4);
  EXPECT_TRUE(again.w.equal(w));
  EXPECT_EQ(again.training.scaler.current(), 32);
  EXPECT_TRUE(again.training.ema.state().at("w").equal(average));
  EXPECT_FALSE(average.equal(w));
}

TEST(Fit, AGradientThatOverflowsLeavesTheStepOut) {
  Line line(1);
  line.training.scaler = GradScaler(at::kCPU, /*scale=*/1024);
  common::base::Run run;
  common::train::fit(
      line.training, run, [&] { return line.next(); },
      [&](const Tensor&, int64_t) { return line.w.sqrt().sum(); },  // 0, with an infinite slope
      [](int64_t) { return Verdict::kGoOn; });
  EXPECT_EQ(line.w.item<double>(), 0);
  EXPECT_EQ(line.training.scaler.current(), 512);
}

}  // namespace
