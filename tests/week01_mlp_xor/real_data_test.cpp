// Week 01 on the real sets: short trainings with bounds that a broken network misses.
#include <gtest/gtest.h>

#include "common/base/run.h"
#include "tests/data/real_set.h"
#include "tests/temporary_folder.h"
#include "week01_mlp_xor/commands.h"
#include "week01_mlp_xor/learn.h"
#include "week01_mlp_xor/pictures.h"

namespace {
using namespace week01;

TEST(Mnist, OneEpochReadsNinetyPercentOfHeldOutDigits) {
  const auto set = tests::real_set("mnist");
  if (!set.missing.empty()) GTEST_SKIP() << set.missing;
  const c10::InferenceMode no_autograd;
  Config config;
  config.data = "mnist";
  config.hidden = {64};
  config.activation = "relu";
  config.init = "he";
  config.optimizer = "momentum";
  config.lr = 0.1;
  config.epochs = 1;
  config.batch_size = 128;
  config.validation = 0.1;
  const Problem problem = load_problem(config, set.folder.parent_path(), 0);
  EXPECT_EQ(problem.train.size(), 54'000);
  EXPECT_EQ(problem.test.size(), 6'000);
  Learner learner = make_learner(config, problem, 0);
  const Loss loss = loss_of(config, 10);
  learn(learner, config, problem.train, loss, 0, [](const Learner&) { return true; });
  EXPECT_GT(evaluate(learner.mlp, problem.test, loss).accuracy, 0.9);
  const tests::TemporaryFolder folder;
  draw_first_layer(folder.path(), learner.mlp);
  EXPECT_GT(std::filesystem::file_size(folder / "weights.png"), 10'000u);
}

TEST(Iris, OneShuffleOfCrossValidationIsOverNinetyTwoPercent) {
  const auto set = tests::real_set("tabular");
  if (!set.missing.empty()) GTEST_SKIP() << set.missing;
  Config config;
  config.data = "iris";
  config.hidden = {8};
  config.lr = 0.01;
  config.epochs = 50;
  config.batch_size = 16;
  config.folds = 5;
  common::base::RunConfig run_config;
  run_config.data_dir = set.folder.parent_path();
  common::base::Run run(run_config);
  const auto metrics = train(config, run);
  EXPECT_EQ(metrics[0].first, "cv_accuracy");
  EXPECT_GT(metrics[0].second, 0.92);
}

}  // namespace
