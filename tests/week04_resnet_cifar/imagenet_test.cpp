// Torchvision's files and its way of preparing images.
#include "week04_resnet_cifar/imagenet.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "common/base/files.h"
#include "common/base/json.h"
#include "common/base/paths.h"
#include "common/nn/modules.h"
#include "tests/data/expect_error.h"
#include "tests/temporary_folder.h"
#include "week04_resnet_cifar/own_image.h"

namespace {
using namespace week04;
using at::Tensor;
using common::base::read_file;
using tests::expect_error;

std::filesystem::path reference(const char* name) {
  return common::base::source_dir() / "tests" / "reference" / name;
}

TEST(ImageNet, AnImageIsPreparedAsTorchvisionDoes) {
  const Tensor x = to_imagenet(read_file(reference("imagenet.png")), "imagenet.png");
  ASSERT_EQ(x.sizes(), (at::IntArrayRef{1, 3, 224, 224}));
  const auto wanted = common::base::load_tensors(reference("imagenet.safetensors")).tensors;
  // A grey level is 0.017; the filters of Pillow and LibTorch round differently by one at most.
  EXPECT_LT((at::avg_pool2d(x, 16)[0] - wanted.at("means")).abs().max().item<float>(), 0.006);
  EXPECT_LT((x[0].slice(1, 0, 8).slice(2, 0, 8) - wanted.at("corner")).abs().max().item<float>(),
            0.02);
}

TEST(ImageNet, OtherWeightsAreRefusedByName) {
  const auto state = common::base::load_state_dict(reference("state_dict.pth"));
  ASSERT_EQ(state.size(), 3U);
  expect_error("small.pth", [&] { resnet_of(state, "small.pth"); });
}

TEST(ImageNet, ClassesWithoutWeightsAreRefused) {  // they would ask for 34 GB
  expect_error("fc.weight is of 0 channels, wanted 512", [] {
    resnet_of({{"fc.weight", at::empty({int64_t{1} << 24, 0})}}, "made-up");
  });
}

TEST(ImageNet, ThousandClassesAreAnswered) {
  const tests::TemporaryFolder folder;
  common::nn::ResNet net(common::nn::ResNetOptions::resnet50(1000, false));
  net->eval();
  common::base::save_tensors(folder / "resnet50.safetensors", common::nn::tensors_of(*net));
  std::string names;
  for (int i = 0; i < 1000; ++i) names += "thing-" + std::to_string(i) + "\n";
  common::base::write_file(folder / "names.txt", names);
  const std::string image = reference("imagenet.png");
  common::base::RunConfig config;
  config.words = {image};
  common::base::Run run(config, {}, folder / "run");
  imagenet({folder / "resnet50.safetensors", folder / "names.txt"}, run);

  const at::NoGradGuard no_grad;
  const Tensor x = to_imagenet(read_file(image), image);
  const auto best = std::get<1>(net->forward(x)[0].topk(5));
  const auto rows = common::base::read_json(folder / "run" / "table_answers.json")["rows"];
  ASSERT_EQ(rows.size(), 1U);
  const std::string answer = rows[0][1];
  size_t at = 0;
  for (int i = 0; i < 5; ++i) {  // all five, the surest first
    at = answer.find("thing-" + std::to_string(best[i].item<int64_t>()) + " ", at);
    ASSERT_NE(at, std::string::npos) << answer;
  }
  common::base::write_file(folder / "names.txt", "only one\n");
  expect_error("names.txt", [&] {
    imagenet({folder / "resnet50.safetensors", folder / "names.txt"}, run);
  });
}

TEST(ImageNet, TheNetworkIsToldByItsNames) {
  using common::nn::ResNetOptions;
  for (const auto& options : {ResNetOptions::resnet18(7, false), ResNetOptions::resnet34(7, false),
                              ResNetOptions::resnet50(7, false)}) {
    common::nn::ResNet net(options);
    net->eval();
    common::base::NamedTensors state;
    for (const auto& item : net->named_parameters()) state[item.key()] = item.value().detach();
    for (const auto& item : net->named_buffers()) {
      if (!item.key().ends_with("num_batches_tracked")) state[item.key()] = item.value();
    }
    common::nn::ResNet again = resnet_of(state, "test");
    const at::NoGradGuard no_grad;
    const Tensor x = at::randn({1, 3, 64, 64});
    EXPECT_TRUE(again->forward(x).equal(net->forward(x)));
  }
}

}  // namespace
