#include "week09_ddp_imagenet/network.h"

#include <torch/utils.h>

#include "common/dist/sync_batch_norm.h"
#include "common/nn/modules.h"

namespace week09 {
using common::dist::NamedParameters;
using common::nn::ResNet;
using common::nn::ResNetOptions;
using torch::Tensor;
namespace {

ResNetOptions options_of(const Config& config, std::int64_t classes,
                         const common::dist::Group& group) {
  ResNetOptions options = config.network == "resnet18"   ? ResNetOptions::resnet18(classes, false)
                          : config.network == "resnet34" ? ResNetOptions::resnet34(classes, false)
                                                         : ResNetOptions::resnet50(classes, false);
  options.width = config.width;
  options.zero_init_residual = true;
  if (config.sync_norm) {
    options.norm = [group](torch::nn::BatchNorm2d& layer, const Tensor& x) {
      return common::dist::sync_batch_norm(group, layer, x);
    };
  }
  return options;
}

}  // namespace

ResNet make_network(const Config& config, std::int64_t classes, std::uint64_t seed,
                    const torch::Device& device, const common::dist::Group& group) {
  torch::manual_seed(seed);
  ResNet network(options_of(config, classes, group));
  network->to(device, config.in_double ? torch::kDouble : torch::kFloat);
  common::nn::channels_last_(*network);
  return network;
}

NamedParameters parameters_of(const ResNet& network) {
  NamedParameters all;
  for (const auto& item : network->named_parameters()) all.emplace_back(item.key(), item.value());
  return all;
}

NamedParameters buffers_of(const ResNet& network) {
  NamedParameters all;
  for (const auto& item : network->named_buffers()) all.emplace_back(item.key(), item.value());
  return all;
}

common::train::Optimizer make_optimizer(const Config& config, const ResNet& network) {
  using namespace common::train;
  ParameterGroup weights{"weights", {}}, rest{"rest", {}};
  for (const Tensor& parameter : network->parameters()) {
    (parameter.dim() > 1 ? weights : rest).parameters.push_back(parameter);
  }
  weights.rule = rest.rule = Sgd{};
  weights.weight_decay = config.weight_decay;
  return Optimizer({weights, rest});
}

}  // namespace week09
