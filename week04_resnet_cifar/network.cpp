#include "week04_resnet_cifar/network.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <mutex>

#include "common/base/progress.h"
#include "common/nn/modules.h"
#include "common/nn/resnet.h"
#include "common/train/precision.h"
#include "week04_resnet_cifar/speed_net.h"

namespace week04 {
using common::train::ParameterGroup;
using torch::Tensor;
namespace {

template <class Holder>
Network wrap(const std::string& name, Holder net) {
  Network network;
  network.name = name;
  network.module = net.ptr();
  network.logits = [net](const Tensor& x) mutable { return net->forward(x); };
  network.stages = [net](const Tensor& x) mutable {
    std::vector<Tensor> stages;
    net->features(x, &stages);
    return stages;
  };
  network.classify = [net](const Tensor& maps) mutable { return net->classify(maps); };
  network.prepare = [](const Images&) {};
  return network;
}

common::nn::ResNetOptions resnet_options(const Config& config, int64_t classes) {
  using common::nn::ResNetOptions;
  ResNetOptions options = config.network == "resnet18"   ? ResNetOptions::resnet18(classes, true)
                          : config.network == "resnet34" ? ResNetOptions::resnet34(classes, true)
                                                         : ResNetOptions::resnet50(classes, true);
  options.width = config.resnet_width;
  return options;
}

}  // namespace

Network make_network(const Config& config, int64_t classes, uint64_t seed,
                     const torch::Device& device) {
  torch::manual_seed(seed);
  Network network;
  if (config.network == "speed") {
    SpeedNet net(config.widths, config.whitening_axes, classes);
    network = wrap(config.network, net);
    network.prepare = [net](const Images& images) mutable {
      net->whiten_(normalise(images.pixels.slice(0, 0, 5000)));
    };
    network.early = net->whiten->bias;
  } else {
    network = wrap(config.network, common::nn::ResNet(resnet_options(config, classes)));
  }
  network.classes = classes;
  network.module->to(device);
  common::nn::channels_last_(*network.module);
  return network;
}

common::train::Optimizer make_optimizer(const Config& c, const Network& network,
                                        int64_t steps_per_epoch) {
  using namespace common::train;
  const bool muon = c.optimizer == "muon";
  ParameterGroup filters{"filters", {}}, head{"head", {}}, rest{"rest", {}}, early{"early", {}};
  for (const auto& item : network.module->named_parameters()) {
    const Tensor& parameter = item.value();
    if (!parameter.requires_grad()) continue;
    const bool is_filter = parameter.dim() == 4 && (!muon || parameter.size(2) > 1);
    ParameterGroup& group = parameter.is_same(network.early) ? early
                            : parameter.dim() < 2            ? rest
                            : is_filter                      ? filters
                                                             : head;
    group.parameters.push_back(parameter);
  }
  const Rule rule = c.optimizer == "adamw" ? Rule(AdamW{}) : Rule(Sgd{});
  for (ParameterGroup* group : {&filters, &head, &rest, &early}) group->rule = rule;
  head.lr_scale = c.lr_head > 0 ? c.lr_head / c.lr : 1;
  rest.lr_scale = early.lr_scale = c.lr_rest > 0 ? c.lr_rest / c.lr : 1;
  filters.weight_decay = head.weight_decay = c.weight_decay;
  if (muon) {
    filters.rule = Muon{Muon::Average::kSum,      /*nesterov=*/true,  /*steps=*/3, /*bf16=*/false,
                        /*scale_by_shape=*/false, /*fixed_norm=*/true};
    filters.weight_decay = 0;  // their norm is fixed
    for (ParameterGroup* group : {&head, &rest, &early}) group->momentum = c.momentum_rest;
  }
  early.until_step = early_steps(c, steps_per_epoch);
  std::vector<ParameterGroup> groups;
  for (ParameterGroup* group : {&filters, &head, &rest, &early}) {
    if (!group->parameters.empty()) groups.push_back(std::move(*group));
  }
  return Optimizer(std::move(groups));
}

namespace {

// The mean of the logits over an image, its mirror image and their shifts; see answer().
// Args: x [B, 3, H, W]. Returns: [B, K].
Tensor augmented_logits(const Network& network, const Tensor& x) {
  const auto logits = [&](const Tensor& one) { return network.logits(one).to(at::kFloat); };
  const auto mirrored = [&](const Tensor& one) { return logits(one) + logits(one.flip(3)); };
  const int64_t H = x.size(2), W = x.size(3);
  const Tensor padded = at::reflection_pad2d(x, {1, 1, 1, 1});  // [B, 3, H + 2, W + 2]
  const auto shifted = [&](int64_t at) {
    return padded.slice(2, at, at + H)
        .slice(3, at, at + W)
        .contiguous(torch::MemoryFormat::ChannelsLast);
  };
  return (mirrored(x) * 0.5 + mirrored(shifted(0)) * 0.25 + mirrored(shifted(2)) * 0.25) / 2;
}

}  // namespace

Answers answer(const Network& network, const Images& images, bool tta, c10::ScalarType precision) {
  constexpr int64_t kBatch = 125;
  network.module->eval();
  const torch::Device device = network.module->parameters().front().device();
  std::vector<Tensor> all((images.size() + kBatch - 1) / kBatch);  // [B, K] each
  common::base::Progress progress(tta ? "answering, augmented" : "answering", images.size(),
                                  "images");
  std::mutex mutex;  // guards done and progress
  int64_t done = 0;
  const auto answer_batches = [&](int64_t first, int64_t last) {
    const torch::NoGradGuard no_grad;
    const common::train::Autocast autocast(device, precision);
    for (int64_t i = first; i < last; ++i) {
      const int64_t begin = i * kBatch, end = std::min(images.size(), begin + kBatch);
      const Tensor x = normalise(images.pixels.slice(0, begin, end).to(device));  // [B, 3, 32, 32]
      all[i] = (tta ? augmented_logits(network, x) : network.logits(x)).to(torch::kFloat);
      const std::scoped_lock lock(mutex);
      progress.update(done += end - begin);
    }
  };
  const auto batches = static_cast<int64_t>(all.size());
  if (device.is_cpu()) {
    at::parallel_for(0, batches, 1, answer_batches);  // each core has batches of its own
  } else {
    answer_batches(0, batches);
  }
  const Tensor logits = torch::cat(all).cpu();  // [N, K]; waits for the device
  Answers answers;
  answers.labels = images.labels.cpu();
  answers.probabilities = logits.softmax(1);
  answers.accuracy = logits.argmax(1).eq(answers.labels).to(torch::kDouble).mean().item<double>();
  answers.loss = at::cross_entropy_loss(logits, answers.labels).item<double>();
  return answers;
}

}  // namespace week04
