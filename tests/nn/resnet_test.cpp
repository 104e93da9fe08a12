// ResNets equal torchvision's, as recorded by tests/reference/record_resnet.py: names, shapes,
// outputs and gradients for equal weights, which both languages draw by one formula.
#include "common/nn/resnet.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/base/json.h"
#include "common/base/named_tensors.h"

namespace {
using common::base::Json;
using common::base::NamedTensors;
using common::nn::ResNet;
using common::nn::ResNetBlock;
using common::nn::ResNetOptions;
using torch::Tensor;

const NamedTensors& recorded() {
  static const NamedTensors tensors =
      common::base::load_tensors(COURSE_SOURCE_DIR "/tests/reference/resnet.safetensors").tensors;
  return tensors;
}

NamedTensors tensors_of(const ResNet& net) {
  NamedTensors result;
  for (const auto& entry : net->named_parameters()) result[entry.key()] = entry.value();
  for (const auto& entry : net->named_buffers()) result[entry.key()] = entry.value();
  return result;
}

// `numbers` of the script, bit for bit: float numbers in [low, high), drawn by name and place.
void draw_(const Tensor& tensor, const std::string& name, double low, double high) {
  std::uint64_t key = 0;
  for (const char letter : name) key = key * 131 + static_cast<unsigned char>(letter);
  auto* value = tensor.mutable_data_ptr<float>();
  for (std::uint64_t place = 0; place < static_cast<std::uint64_t>(tensor.numel()); ++place) {
    std::uint64_t bits = (place + key) * 0x9e3779b97f4a7c15u;
    bits = (bits ^ (bits >> 31)) * 0xd6e8feb86659fd93u;
    const double share = static_cast<double>(bits >> 40) * 0x1p-24;
    value[place] = static_cast<float>(low + (high - low) * share);
  }
}

// `fill_` of the script.
void fill_(const NamedTensors& tensors) {
  for (const auto& [name, tensor] : tensors) {
    if (tensor.scalar_type() == torch::kLong) continue;
    const bool scale = name.ends_with("weight") || name.ends_with("running_var");
    double bound = 0.1;
    if (tensor.dim() == 4) bound = std::sqrt(6.0 / static_cast<double>(tensor[0].numel()));
    if (tensor.dim() == 2) bound = std::sqrt(3.0 / static_cast<double>(tensor.size(1)));
    const bool norm = tensor.dim() == 1 && scale;
    draw_(tensor, name, norm ? 0.5 : -bound, norm ? 1.0 : bound);
  }
}

ResNet filled(const ResNetOptions& options) {
  ResNet net(options);
  fill_(tensors_of(net));
  return net;
}

Tensor images() {
  const Tensor result = torch::empty({2, 3, 64, 64});  // [B, 3, H, W]
  draw_(result, "images", -2, 2);
  return result;
}

double relative_difference(const Tensor& a, const Tensor& b) {
  return ((a - b).abs().max() / b.abs().max()).item<double>();
}

ResNetOptions options_of(const std::string& name) {
  if (name == "resnet18") return ResNetOptions::resnet18(1000, /*small_images=*/false);
  if (name == "resnet34") return ResNetOptions::resnet34(1000, /*small_images=*/false);
  return ResNetOptions::resnet50(1000, /*small_images=*/false);
}

using Shapes = std::map<std::string, std::vector<std::int64_t>>;

class ResNets : public testing::TestWithParam<std::string> {};

TEST_P(ResNets, NamesAndShapesAreThoseOfTorchvision) {
  const Json all = common::base::read_json(COURSE_SOURCE_DIR "/tests/reference/resnet_shapes.json");
  const auto wanted = all[GetParam()].get<Shapes>();
  Shapes found;
  for (const auto& [name, tensor] : tensors_of(ResNet(options_of(GetParam())))) {
    found[name] = tensor.sizes().vec();
  }
  EXPECT_GT(wanted.size(), 100u);
  EXPECT_EQ(found, wanted);
}

INSTANTIATE_TEST_SUITE_P(Torchvision, ResNets, testing::Values("resnet18", "resnet34", "resnet50"),
                         [](const auto& param) { return param.param; });

TEST_P(ResNets, LogitsEqualTorchvisions) {
  const torch::NoGradGuard no_grad;
  ResNet net = filled(options_of(GetParam()));
  net->eval();
  EXPECT_LT(relative_difference(net->forward(images()), recorded().at(GetParam() + ".logits")),
            1e-4);
}

TEST(ResNet, EveryNormGoesThroughTheOneThatIsGiven) {
  ResNetOptions options = ResNetOptions::resnet18(10, /*small_images=*/true);
  int calls = 0;
  options.norm = [&](torch::nn::BatchNorm2d& layer, const torch::Tensor& x) {
    ++calls;
    return layer(x);
  };
  ResNet net(options);
  int layers = 0;
  for (const auto& module : net->modules()) {
    layers += module->as<torch::nn::BatchNorm2dImpl>() != nullptr ? 1 : 0;
  }
  net->forward(torch::zeros({2, 3, 32, 32}));
  EXPECT_EQ(calls, layers);
  EXPECT_EQ(layers, 20);
}

TEST(ResNet, GradientsAndStatisticsInTrainingEqualTorchvisions) {
  ResNet net = filled(options_of("resnet18"));
  net->train();
  net->forward(images()).square().mean().backward();
  const NamedTensors mine = tensors_of(net);
  std::size_t compared = 0;
  for (const auto& [name, gradient] : common::base::with_prefix(recorded(), "gradient.")) {
    ASSERT_TRUE(mine.at(name).grad().defined()) << name;
    EXPECT_LT(relative_difference(mine.at(name).grad(), gradient), 1e-3) << name;
    ++compared;
  }
  for (const auto& [name, value] : common::base::with_prefix(recorded(), "after.")) {
    EXPECT_LT(relative_difference(mine.at(name), value), 1e-4) << name;
    ++compared;
  }
  EXPECT_EQ(compared, 6u);
}

TEST(ResNet, SmallImagesKeepTheirSizeInTheStem) {
  const torch::NoGradGuard no_grad;
  ResNetOptions options = ResNetOptions::resnet18(/*classes=*/7, /*small_images=*/true);
  options.width = 8;
  ResNet net(options);
  EXPECT_EQ(net->conv1->weight.sizes(), (std::vector<std::int64_t>{8, 3, 3, 3}));
  const Tensor x = torch::zeros({2, 3, 32, 32});
  EXPECT_EQ(net->features(x).sizes(), (std::vector<std::int64_t>{2, 64, 4, 4}));
  EXPECT_EQ(net->forward(x).sizes(), (std::vector<std::int64_t>{2, 7}));
  EXPECT_EQ(net->features(torch::zeros({1, 3, 20, 36})).sizes(),
            (std::vector<std::int64_t>{1, 64, 3, 5}));
}

TEST(ResNet, ConvolutionsStartWithTheDeviationOfHeForFanOut) {
  torch::manual_seed(1);
  const ResNet net(ResNetOptions::resnet18(10, /*small_images=*/true));
  for (const auto& entry : net->named_parameters()) {
    const Tensor& weight = entry.value();
    if (weight.dim() != 4) continue;
    const double fan_out = static_cast<double>(weight.size(0) * weight[0][0].numel());
    // 1728 weights or more: their deviation is known to 1.7 %.
    EXPECT_NEAR(weight.std().item<double>() / std::sqrt(2 / fan_out), 1, 0.08) << entry.key();
  }
}

TEST(ResNet, BlocksStartAsTheIdentityWhereAskedTo) {
  torch::manual_seed(2);
  const torch::NoGradGuard no_grad;
  const Tensor x = torch::rand({2, 16, 5, 5});
  for (const bool bottleneck : {false, true}) {
    const int64_t channels = bottleneck ? 4 : 16;
    ResNetOptions options;
    options.bottleneck = bottleneck;
    options.zero_init_residual = true;
    ResNetBlock identity(16, channels, 1, options);
    EXPECT_TRUE(torch::equal(identity->forward(x), x));
    options.zero_init_residual = false;
    ResNetBlock other(16, channels, 1, options);
    EXPECT_FALSE(torch::allclose(other->forward(x), x));
  }
  ResNetOptions options;
  options.width = 4;
  options.zero_init_residual = true;
  const ResNet net(options);
  const NamedTensors tensors = tensors_of(net);
  EXPECT_EQ(tensors.at("layer3.1.bn2.weight").abs().max().item<double>(), 0);
  EXPECT_EQ(tensors.at("layer3.1.bn1.weight").min().item<double>(), 1);
}

}  // namespace
