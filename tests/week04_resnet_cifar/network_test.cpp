// The networks of week 04, their optimizer, their answers.
#include "week04_resnet_cifar/network.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "common/base/error.h"
#include "common/base/json.h"
#include "common/base/presets.h"
#include "common/base/run.h"
#include "tests/temporary_folder.h"
#include "tests/week04_resnet_cifar/small.h"
#include "week04_resnet_cifar/bench.h"
#include "week04_resnet_cifar/report.h"
#include "week04_resnet_cifar/speed_net.h"
#include "week04_resnet_cifar/study.h"

namespace {
using namespace week04;
using at::Tensor;
using tests::noise;
using tests::small;

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

// The group of a name.
const common::train::ParameterGroup& group_of(const common::train::Optimizer& optimizer,
                                              const std::string& name) {
  for (const auto& group : optimizer.groups()) {
    if (group.name == name) return group;
  }
  throw common::base::Error("no group " + name);
}

TEST(Week04Optimizer, GroupsHaveTheirSettings) {
  Config config = small();
  config.optimizer = "muon";
  config.lr = 0.2;
  config.lr_head = 0.5;
  config.lr_rest = 8;
  config.momentum_rest = 0.7;
  config.weight_decay = 0.01;
  config.whitening_epochs = 1.5;
  const Network network = make_network(config, 10, 0, at::kCPU);
  const auto muon = make_optimizer(config, network, /*steps_per_epoch=*/10);
  const auto &filters = group_of(muon, "filters"), &head = group_of(muon, "head"),
             &rest = group_of(muon, "rest"), &early = group_of(muon, "early");
  EXPECT_TRUE(std::holds_alternative<common::train::Muon>(filters.rule));
  EXPECT_EQ(filters.lr_scale, 1);
  EXPECT_EQ(filters.weight_decay, 0) << "their norm is fixed";
  EXPECT_FALSE(filters.momentum.has_value()) << "that of the schedule";
  EXPECT_DOUBLE_EQ(head.lr_scale * config.lr, 0.5);
  EXPECT_EQ(head.weight_decay, 0.01);
  EXPECT_DOUBLE_EQ(rest.lr_scale * config.lr, 8);
  EXPECT_DOUBLE_EQ(early.lr_scale * config.lr, 8);
  for (const auto* group : {&head, &rest, &early}) EXPECT_EQ(group->momentum, 0.7);
  ASSERT_EQ(early.parameters.size(), 1U);
  EXPECT_TRUE(early.parameters[0].is_same(network.early));
  EXPECT_EQ(early.until_step, 15);
  EXPECT_EQ(rest.until_step, -1);

  config.optimizer = "sgd";
  config.lr_head = config.lr_rest = 0;  // as lr
  const auto sgd = make_optimizer(config, network, 10);
  EXPECT_EQ(group_of(sgd, "filters").weight_decay, 0.01);
  for (const auto& group : sgd.groups()) {
    EXPECT_EQ(group.lr_scale, 1) << group.name;
    EXPECT_FALSE(group.momentum.has_value()) << group.name;
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

// A network that answers with the class that the image's first pixel names: 10 for 1, 20 for 2.
Network reader() {
  Network network = make_network(small(), 10, 0, at::kCPU);
  network.logits = [](const Tensor& x) {
    const Tensor first = x.select(1, 0).select(1, 0).select(1, 0);  // [B], normalised
    const Tensor k = ((first * 0.2470 + 0.4914) * 25.5).round().to(at::kLong);
    return 5 * at::one_hot(k, 10).to(at::kFloat);
  };
  return network;
}

TEST(Judge, RecallIsOfTheClassAndPrecisionOfTheAnswer) {
  const Tensor answers = at::tensor({0, 0, 1, 1}, at::kLong);
  const Images images{(answers * 10).to(at::kByte).view({4, 1, 1, 1}).expand({4, 3, 32, 32}),
                      at::tensor({0, 0, 0, 1}, at::kLong)};
  const tests::TemporaryFolder folder;
  common::base::Run run({}, common::base::Json::object(), folder / "run");
  const std::vector<std::string> classes = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
  const auto metrics = judge(reader(), images, "test", /*tta=*/false, at::kFloat, classes, run);
  EXPECT_EQ(metrics.at(0), (std::pair<std::string, double>("test_accuracy", 0.75)));
  const auto rows = common::base::read_json(folder / "run" / "table_classes.json")["rows"];
  using Row = std::vector<std::string>;
  EXPECT_EQ(rows[0].get<Row>(), (Row{"a", "3", "0.667", "1.000", "0.800"}));
  EXPECT_EQ(rows[1].get<Row>(), (Row{"b", "1", "1.000", "0.500", "0.667"}));
  EXPECT_EQ(rows[2].get<Row>(), (Row{"c", "0", "-", "-", "-"}));
  for (const char* name : {"calibration.png", "confusion.png", "mistakes.png"}) {
    EXPECT_TRUE(std::filesystem::exists(folder / "run" / name)) << name;
  }
}

TEST(Calibration, ErrorIsTheMeanGapBetweenSureAndRight) {
  // Two answers at 0.9, one of them right; two at 0.6, both right.
  const Tensor p = at::tensor({0.9, 0.1, 0.9, 0.1, 0.6, 0.4, 0.6, 0.4}).view({4, 2});
  const Answers answers{p, at::tensor({0, 1, 0, 0}, at::kLong)};
  const Calibration calibration = calibrate(answers);
  ASSERT_EQ(calibration.count, (std::vector<int64_t>{2, 2}));
  EXPECT_NEAR(calibration.error, (0.4 + 0.4) / 2, 1e-6);
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
