// The networks of week 04, their optimizer, their answers.
#include "week04_resnet_cifar/network.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <iterator>

#include "common/base/presets.h"
#include "tests/week04_resnet_cifar/week.h"
#include "week04_resnet_cifar/bench.h"
#include "week04_resnet_cifar/report.h"
#include "week04_resnet_cifar/session.h"
#include "week04_resnet_cifar/speed_net.h"
#include "week04_resnet_cifar/study.h"

namespace {
using namespace week04;
using at::Tensor;

Images noise(int64_t n, uint64_t seed = 0) {
  at::manual_seed(seed);
  return {at::randint(256, {n, 3, 32, 32}, at::kByte), at::randint(10, {n}, at::kLong)};
}

Config small() {
  Config config;
  config.widths = {24, 32, 32};
  return config;
}

template <class Config>
void apply_preset(const std::string& name) {
  Config config;
  common::base::Settings settings;
  describe(settings, config);
  settings.apply(common::base::read_preset("week04_resnet_cifar", name).settings, name);
}

TEST(Week04Presets, HaveSettingsThatThereAreInTheirRange) {
  const auto names = common::base::preset_names("week04_resnet_cifar");
  EXPECT_GE(names.size(), 10U);
  for (const auto& name : names) {
    if (name.starts_with("bench-")) {
      EXPECT_NO_THROW(apply_preset<BenchConfig>(name)) << name;
    } else if (name.starts_with("study-")) {
      EXPECT_NO_THROW(apply_preset<StudyConfig>(name)) << name;
    } else {
      EXPECT_NO_THROW(apply_preset<Config>(name)) << name;
    }
  }
}

TEST(SpeedNet, WhiteningMakesPatchesUncorrelatedWithVarianceOne) {
  SpeedNet net(std::vector<int64_t>{24, 32, 32}, /*axes=*/12, 10);
  const Tensor images = at::randn({50, 3, 32, 32}) * 2;
  const Tensor smooth = at::avg_pool2d(images, 3, 1, 1);  // neighbours alike, as in photographs
  net->whiten_(smooth);
  const Tensor out = net->whiten(smooth).detach().slice(1, 0, 12).transpose(0, 1).flatten(1);
  const Tensor covariance = out.mm(out.t()) / out.size(1);                 // [12, 12]
  EXPECT_LT((covariance - at::eye(12)).abs().max().item<double>(), 0.02);  // not 0: the 5e-4
}

TEST(SpeedNet, TheOtherHalfOfTheFiltersHasTheSignTurned) {
  SpeedNet net(std::vector<int64_t>{16, 16, 16}, /*axes=*/8, 10);
  net->whiten_(at::randn({20, 3, 32, 32}));
  const Tensor weight = net->whiten->weight;
  EXPECT_EQ(weight.sizes(), (at::IntArrayRef{16, 3, 2, 2}));
  EXPECT_TRUE(weight.slice(0, 0, 8).equal(-weight.slice(0, 8, 16)));
}

TEST(SpeedNet, ConvolutionsStartAsTheIdentity) {
  SpeedBlock block(8, 8);
  const Tensor x = at::randn({2, 8, 6, 6});
  EXPECT_TRUE(at::allclose(block->conv1(x), x));
  SpeedBlock wider(8, 12);  // channels beyond those that come in are drawn
  EXPECT_TRUE(at::allclose(wider->conv1(x).slice(1, 0, 8), x));
  EXPECT_GT(wider->conv1(x).slice(1, 8, 12).abs().max().item<double>(), 0.01);
}

TEST(Networks, TheLastStageClassifiedGivesTheLogits) {
  for (const char* name : {"speed", "resnet18", "resnet50"}) {
    Config config = small();
    config.network = name;
    config.resnet_width = 8;
    const Network network = make_network(config, 10, /*seed=*/0, at::kCPU);
    network.module->eval();
    const Tensor x = at::randn({2, 3, 32, 32});
    const std::vector<Tensor> stages = network.stages(x);
    ASSERT_GE(stages.size(), 4U) << name;
    for (size_t i = 1; i < stages.size(); ++i) EXPECT_LE(stages[i].size(2), stages[i - 1].size(2));
    EXPECT_TRUE(network.classify(stages.back()).equal(network.logits(x))) << name;
  }
}

TEST(Week04Optimizer, EveryParameterThatLearnsIsInOneGroup) {
  for (const char* name : {"speed", "resnet18", "resnet50"}) {
    for (const char* rule : {"sgd", "adamw", "muon"}) {
      Config config = small();
      config.network = name;
      config.optimizer = rule;
      config.resnet_width = 8;
      const Network network = make_network(config, 10, 0, at::kCPU);
      size_t wanted = 0;
      for (const Tensor& parameter : network.module->parameters())
        wanted += parameter.requires_grad();
      const auto optimizer = make_optimizer(config, network, 10);
      EXPECT_EQ(optimizer.parameters().size(), wanted) << name << " " << rule;
      for (const auto& group : optimizer.groups()) {
        const bool muon = std::holds_alternative<common::train::Muon>(group.rule);
        for (const Tensor& parameter : group.parameters) {
          EXPECT_TRUE(parameter.dim() > 1 || group.weight_decay == 0) << "biases do not decay";
          EXPECT_TRUE(!muon || (parameter.dim() == 4 && parameter.size(2) > 1));
        }
      }
    }
  }
}

std::vector<int64_t> indices_of_shift(int64_t by) {
  std::vector<int64_t> from;
  for (int64_t i = 0; i < 32; ++i) {
    const int64_t at = std::abs(i + by);
    from.push_back(at > 31 ? 62 - at : at);
  }
  return from;
}

TEST(Answers, AreThoseOfTheNetworkInWhateverBatches) {
  const Images images = noise(260);  // more than one batch of answers
  const Network network = make_network(small(), 10, 1, at::kCPU);
  const Answers answers = answer(network, images, /*tta=*/false, at::kFloat);
  EXPECT_EQ(answers.probabilities.sizes(), (at::IntArrayRef{260, 10}));
  const Tensor one = network.logits(normalise(images.pixels.slice(0, 255, 256))).softmax(1);
  EXPECT_TRUE(at::allclose(answers.probabilities.slice(0, 255, 256), one, 1e-4, 1e-5));
}

// Half the weight on the image, a quarter each on its shifts up-left and down-right, and of each
// half on its mirror image.
TEST(Answers, WithTestTimeAugmentationAreTheMeanOverMirrorImagesAndShifts) {
  const Images images = noise(4);
  const Network network = make_network(small(), 10, 1, at::kCPU);
  const Tensor found = answer(network, images, /*tta=*/true, at::kFloat).probabilities;
  const at::NoGradGuard no_grad;
  const Tensor x = normalise(images.pixels);  // [4, 3, 32, 32]
  const auto moved = [&](int64_t by) {        // pixel i is pixel i + by, mirrored at the border
    const Tensor from = at::tensor(indices_of_shift(by), at::kLong);
    return x.index_select(2, from).index_select(3, from);
  };
  Tensor logits = at::zeros({4, 10}, x.options());
  for (const auto& [image, weight] :
       {std::pair{x, 0.5}, std::pair{moved(-1), 0.25}, std::pair{moved(1), 0.25}}) {
    logits += weight / 2 * (network.logits(image) + network.logits(image.flip(3)));
  }
  EXPECT_TRUE(at::allclose(found, logits.softmax(1), 1e-4, 1e-6));
  // The bound tells it from what lacks a part.
  EXPECT_FALSE(at::allclose(found, network.logits(x).softmax(1), 1e-4, 1e-6));
  const Tensor unmirrored =
      0.5 * network.logits(x) + 0.25 * network.logits(moved(-1)) + 0.25 * network.logits(moved(1));
  EXPECT_FALSE(at::allclose(found, unmirrored.softmax(1), 1e-4, 1e-6));
}

TEST(Calibration, ErrorIsTheMeanGapBetweenSureAndRight) {
  // Two answers at 0.9, one of them right; two at 0.6, both right.
  const Tensor p = at::tensor({0.9, 0.1, 0.9, 0.1, 0.6, 0.4, 0.6, 0.4}).view({4, 2});
  const Answers answers{p, at::tensor({0, 1, 0, 0}, at::kLong)};
  const Calibration calibration = calibrate(answers);
  ASSERT_EQ(calibration.count, (std::vector<int64_t>{2, 2}));
  EXPECT_NEAR(calibration.error, (0.4 + 0.4) / 2, 1e-6);
}

TEST(Batches, FollowFromPlanAndSeed) {
  const Images images = noise(20);
  Config config;
  config.cutout = 8;
  config.mixup = 0.2;
  config.rotation = 10;
  config.jitter = 0.2;
  common::data::BatchPlan plan;
  plan.ids = {3, 1, 4, 15, 9};
  plan.seed = 7;
  const Batch a = make_batch(images, config, plan, 0), b = make_batch(images, config, plan, 0);
  EXPECT_TRUE(a.images.equal(b.images) && a.targets.equal(b.targets));
  plan.seed = 8;
  EXPECT_FALSE(make_batch(images, config, plan, 0).images.equal(a.images));
}

TEST(Batches, WithoutAugmentationAreTheNormalisedImages) {
  const Images images = noise(6);
  Config config;
  config.flip = "none";
  config.crop_pad = 0;
  common::data::BatchPlan plan;
  plan.ids = {5, 0};
  const Batch batch = make_batch(images, config, plan, 0);
  const Tensor index = at::tensor({5, 0}, at::kLong);
  EXPECT_TRUE(batch.images.equal(normalise(images.pixels.index_select(0, index))));
  EXPECT_TRUE(batch.targets.equal(images.labels.index_select(0, index)));
  EXPECT_TRUE(batch.images.is_contiguous(at::MemoryFormat::ChannelsLast));
  const double mean = 255 * 0.4914, deviation = 255 * 0.2470;
  EXPECT_NEAR(batch.images[0][0][2][3].item<double>(),
              (images.pixels[5][0][2][3].item<double>() - mean) / deviation, 1e-5);
}

int64_t threads_of_this_process() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return std::distance(begin(tasks), end(tasks));
}

// Whole batches make an epoch, whatever the parts that they go through in.
TEST(Sessions, AnEpochOfTheLoaderIsOneOfTheSchedule) {
  Config config = small();
  config.limit = 130;
  config.batch_size = 50;
  config.micro_batch = 25;
  common::base::RunConfig of_run;
  of_run.data_dir = tests::made_up_data();
  common::base::Run run(of_run);
  const Session session(config, run);
  EXPECT_EQ(session.per_epoch, 2);
  EXPECT_EQ(session.loader.batches_per_epoch(), 4);
}

// A worker with OpenMP threads of its own would make those of the network sleep after each loop.
TEST(Sessions, TheLoadersWorkerWorksAlone) {
  const int before = at::get_num_threads();
  at::set_num_threads(3);
  {
    Config config = small();
    common::base::RunConfig of_run;
    of_run.data_dir = tests::made_up_data();
    common::base::Run run(of_run);
    Session session(config, run);
    const int64_t threads = threads_of_this_process();
    const Batch batch = session.next();
    EXPECT_EQ(batch.images.size(0), config.batch_size);
    EXPECT_EQ(threads_of_this_process(), threads + config.workers);
    EXPECT_EQ(at::get_num_threads(), 3) << "of the network";
  }
  at::set_num_threads(before);
}

TEST(Schedules, EndWhereTheSettingsSay) {
  Config config;
  config.lr = 0.2;
  config.rise = 0.25;
  config.first = 0.1;
  config.last = 0.01;
  config.schedule = "one-cycle";
  auto schedule = schedule_of(config, 101, 10);
  EXPECT_NEAR(schedule(0).lr, 0.02, 1e-12);
  EXPECT_NEAR(schedule(100).lr, 0.02 * 0.01, 1e-12);
  EXPECT_NEAR(schedule(0).momentum, config.momentum, 1e-12);
  config.schedule = "triangle";
  schedule = schedule_of(config, 100, 10);
  EXPECT_NEAR(schedule(25).lr, 0.2, 1e-12);
  EXPECT_NEAR(schedule(100).lr, 0.002, 1e-12);
  config.schedule = "step";
  EXPECT_NEAR(schedule_of(config, 90, 10)(89).lr, 0.2 * 0.01, 1e-12);
}

}  // namespace
