#include "week04_resnet_cifar/imagenet.h"

#include <ATen/ATen.h>

#include <sstream>
#include <vector>

#include "common/base/device.h"
#include "common/base/error.h"
#include "common/base/files.h"
#include "week04_resnet_cifar/own_image.h"
#include "week04_resnet_cifar/report.h"

namespace week04 {
using common::base::Metrics;
using common::base::NamedTensors;
using common::base::require;
using common::base::Run;
using common::nn::ResNet;
using common::nn::ResNetOptions;
using torch::Tensor;
namespace {

std::vector<std::string> class_names_of(const std::string& file, int64_t count) {
  std::vector<std::string> names;
  if (!file.empty()) {
    std::istringstream lines(common::base::read_file(file, 1'000'000));
    for (std::string line; std::getline(lines, line);) {
      if (line.ends_with('\r')) line.pop_back();
      if (!line.empty()) names.push_back(line);
    }
    require(static_cast<int64_t>(names.size()) == count,
            file + " names " + std::to_string(names.size()) + " classes, the network has " +
                std::to_string(count));
    return names;
  }
  for (int64_t k = 0; k < count; ++k) names.push_back("class " + std::to_string(k));
  return names;
}

}  // namespace

void describe(common::base::Settings& s, ImageNetConfig& c) {
  s.add("weights", &c.weights, "torchvision's ResNet-18, -34 or -50: .pth or .safetensors");
  s.add("classes", &c.classes, "file with a class name a line; empty: numbers");
}

ResNet resnet_of(NamedTensors state, const std::string& what) {
  const auto fc = state.find("fc.weight");
  require(fc != state.end() && fc->second.dim() == 2, what + " is no ResNet: no fc.weight");
  const int64_t classes = fc->second.size(0);
  const ResNetOptions options =
      state.count("layer1.0.conv3.weight") > 0   ? ResNetOptions::resnet50(classes, false)
      : state.count("layer1.2.conv1.weight") > 0 ? ResNetOptions::resnet34(classes, false)
                                                 : ResNetOptions::resnet18(classes, false);
  // So the file has what the answers need, and a made up number of classes cannot ask for more.
  const int64_t channels = state.count("layer1.0.conv3.weight") > 0 ? 2048 : 512;
  require(fc->second.size(1) == channels, what + ": fc.weight is of " +
                                              std::to_string(fc->second.size(1)) +
                                              " channels, wanted " + std::to_string(channels));
  ResNet net(options);
  NamedTensors tensors;
  for (const auto& item : net->named_parameters()) tensors[item.key()] = item.value();
  for (const auto& item : net->named_buffers()) {
    tensors[item.key()] = item.value();
    // Files of before 2018 do not count batches; evaluation does not ask.
    if (item.key().ends_with("num_batches_tracked")) state.emplace(item.key(), item.value());
  }
  common::base::copy_tensors(state, tensors, what);
  net->eval();
  return net;
}

Metrics imagenet(const ImageNetConfig& config, Run& run) {
  const auto& files = run.config().words;
  require(!config.weights.empty() && !files.empty(),
          "./dev run week04_resnet_cifar imagenet IMAGE... --weights FILE: the file is one of "
          "torchvision's, or in Python: torch.save(model.state_dict(), FILE)");
  const torch::Device device = common::base::pick_device(run.config().device);
  ResNet net = resnet_of(common::base::load_state_dict(config.weights), config.weights);
  net->to(device);
  const auto classes = class_names_of(config.classes, net->fc->weight.size(0));
  const at::NoGradGuard no_grad;
  std::vector<std::vector<std::string>> rows;
  for (const auto& file : files) {
    const Tensor x = to_imagenet(common::base::read_file(file, kMostImageBytes), file);
    const Tensor probabilities = net->forward(x.to(device)).softmax(1)[0].cpu();  // [K]
    rows.push_back(
        {file, best_answers(probabilities, classes, std::min<int64_t>(5, probabilities.size(0)))});
  }
  run.table("answers", {"image", "what the network sees"}, rows);
  return {};
}

}  // namespace week04
