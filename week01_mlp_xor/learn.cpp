#include "week01_mlp_xor/learn.h"

#include <torch/serialize.h>

#include <cmath>
#include <sstream>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/random.h"
#include "week01_mlp_xor/network.h"

namespace week01 {
using torch::Tensor;
namespace fs = std::filesystem;
namespace {

// The order of the samples in an epoch, [N].
Tensor epoch_order(int64_t n, uint64_t seed, int64_t epoch) {
  common::base::Random random(seed, /*stream=*/1000 + static_cast<uint64_t>(epoch));
  return torch::tensor(random.permutation(n), torch::kInt64);
}

// Asked after each epoch, because it waits for the device.
void require_finite(const Mlp& mlp, int64_t step, double lr) {
  if (std::isfinite(mlp.parameters.flat.sum().item<double>())) return;
  char text[128];
  std::snprintf(text, sizeof text,
                "the weights are no longer finite after step %lld with learning rate %g; "
                "try a smaller one",
                static_cast<long long>(step), lr);
  throw common::base::Error(text);
}

}  // namespace

std::vector<Tensor> step_masks(const Mlp& mlp, const Config& config, int64_t batch, uint64_t seed,
                               int64_t step) {
  if (config.input_dropout == 0 && config.dropout == 0) return {};
  const uint64_t stream = (uint64_t{1} << 40) + static_cast<uint64_t>(step);
  return dropout_masks(mlp, batch, config.input_dropout, config.dropout,
                       common::base::Random(seed, stream).bits());
}

Mlp make_mlp(const Config& config, int64_t inputs, int64_t classes, uint64_t seed,
             const torch::Device& device) {
  const Output output = output_of(config, classes);
  // Two classes need one output, the probability of the second; softmax has one for each.
  const int64_t outputs = classes == 2 && output != Output::kSoftmax ? 1 : classes;
  std::vector<int64_t> sizes = {inputs};
  sizes.insert(sizes.end(), config.hidden.begin(), config.hidden.end());
  sizes.push_back(outputs);
  return make_mlp(sizes, activation_named(config.activation), output, init_named(config.init), seed,
                  device);
}

Optimizer make_optimizer(const Config& config) {
  Optimizer optimizer;
  optimizer.rule = rule_named(config.optimizer);
  optimizer.momentum = config.momentum;
  optimizer.beta1 = config.beta1;
  optimizer.beta2 = config.beta2;
  return optimizer;
}

Learner make_learner(const Config& config, const Problem& problem, uint64_t seed,
                     const torch::Device& device) {
  const auto classes = static_cast<int64_t>(problem.classes.size());
  Learner learner{make_mlp(config, problem.inputs(), classes, seed, device), make_optimizer(config),
                  0};
  if (!config.init_from.empty()) {
    load_network(read_network(config.init_from), problem.scaling, learner.mlp);
  }
  return learner;
}

Steps::Steps(const Config& config, const Samples& train, Loss loss, uint64_t seed, const Mlp& mlp)
    : config_(config),
      train_(train),
      loss_(loss),
      seed_(seed),
      batch_(config.batch_size == 0 ? train.size() : std::min(config.batch_size, train.size())),
      per_epoch_((train.size() + batch_ - 1) / batch_),
      targets_(targets(train.label, mlp.sizes.back())),
      gradient_(Parameters::zeros(mlp.sizes, mlp.parameters.flat.device())) {}

void Steps::take(Learner& learner, int64_t i) {
  const int64_t n = train_.size(), step = learner.epoch * per_epoch_ + i;
  Tensor x = train_.x, y = targets_;  // [B, D], [B, K]
  if (batch_ < n) {                   // one batch of all has no order
    if (order_epoch_ != learner.epoch) {
      order_ = epoch_order(n, seed_, learner.epoch).to(x.device());
      order_epoch_ = learner.epoch;
    }
    const Tensor chosen = order_.slice(0, i * batch_, std::min(n, (i + 1) * batch_));  // [B]
    x = x.index_select(0, chosen);
    y = y.index_select(0, chosen);
  }
  Mlp& mlp = learner.mlp;
  const Tape tape = forward(mlp, x, step_masks(mlp, config_, x.size(0), seed_, step));
  backward(mlp, tape, y, loss_, config_.l2, gradient_);
  const double lr = learning_rate(config_, step, per_epoch_ * config_.epochs);
  learner.optimizer.step(mlp.parameters.flat, gradient_.flat, lr);
}

void learn(Learner& learner, const Config& config, const Samples& train, Loss loss, uint64_t seed,
           const std::function<bool(const Learner&)>& after_epoch) {
  Steps steps(config, train, loss, seed, learner.mlp);
  while (learner.epoch < config.epochs) {
    for (int64_t i = 0; i < steps.per_epoch(); ++i) steps.take(learner, i);
    ++learner.epoch;
    const int64_t taken = learner.epoch * steps.per_epoch();
    require_finite(learner.mlp, taken,
                   learning_rate(config, taken - 1, steps.per_epoch() * config.epochs));
    if (!after_epoch(learner)) return;
  }
}

Score evaluate(const Mlp& mlp, const Samples& samples, Loss loss) {
  constexpr int64_t kChunk = 2000;  // bounds the memory of the hidden layers
  Score score;
  double loss_sum = 0;
  std::vector<Tensor> predicted;
  for (int64_t at = 0; at < samples.size(); at += kChunk) {
    const int64_t end = std::min(samples.size(), at + kChunk);
    const Tape tape = forward(mlp, samples.x.slice(0, at, end));
    const Tensor y = targets(samples.label.slice(0, at, end), mlp.sizes.back());
    loss_sum += loss_value(mlp.output, loss, tape.z.back(), y).item<double>() *
                static_cast<double>(end - at);
    predicted.push_back(classes_of(tape.p));
  }
  score.predicted = torch::cat(predicted).cpu();
  const auto n = static_cast<double>(samples.size());
  score.loss = loss_sum / n;
  score.accuracy =
      static_cast<double>((score.predicted == samples.label.cpu()).sum().item<int64_t>()) / n;
  return score;
}

void save_checkpoint(const fs::path& dir, const Learner& learner, const Tensor& frames,
                     const Clocks& clocks) {
  const auto or_empty = [](const Tensor& t) { return t.defined() ? t.cpu() : torch::empty({0}); };
  torch::serialize::OutputArchive archive;
  archive.write("parameters", learner.mlp.parameters.flat.cpu());
  archive.write("first", or_empty(learner.optimizer.first));
  archive.write("second", or_empty(learner.optimizer.second));
  archive.write("steps", torch::tensor(learner.optimizer.steps));
  archive.write("epoch", torch::tensor(learner.epoch));
  archive.write("frames", or_empty(frames));
  archive.write("clocks", torch::tensor({clocks.run_s, clocks.train_s}, torch::kFloat64));
  std::ostringstream bytes;
  archive.save_to(bytes);
  common::base::make_folder(dir / "checkpoint");
  common::base::write_file(dir / "checkpoint" / "learner.pt", bytes.str());
}

bool load_checkpoint(const fs::path& dir, Learner& learner, Tensor& frames, Clocks& clocks) {
  const fs::path path = dir / "checkpoint" / "learner.pt";
  if (!fs::exists(path)) return false;
  std::istringstream bytes(common::base::read_file(path));
  torch::serialize::InputArchive archive;
  const auto tensor = [&](const char* name) {
    Tensor value;
    archive.read(name, value);
    return value;
  };
  Tensor parameters, first, second;
  try {
    archive.load_from(bytes);
    parameters = tensor("parameters");
    first = tensor("first");
    second = tensor("second");
    frames = tensor("frames");
    learner.optimizer.steps = tensor("steps").item<int64_t>();
    learner.epoch = tensor("epoch").item<int64_t>();
    const Tensor seconds = tensor("clocks");
    clocks = {seconds[0].item<double>(), seconds[1].item<double>()};
  } catch (const c10::Error&) {
    throw common::base::Error(path.string() +
                              " is damaged or no checkpoint of this week; remove it "
                              "to begin this run again");
  }
  Tensor& flat = learner.mlp.parameters.flat;
  const auto fits = [&](const Tensor& state) {
    return state.numel() == 0 || (state.sizes() == flat.sizes() && state.dtype() == flat.dtype());
  };
  common::base::require(parameters.numel() > 0 && fits(parameters) && fits(first) && fits(second),
                        path.string() + " is of another network: it has " +
                            std::to_string(parameters.numel()) + " parameters, expected " +
                            std::to_string(flat.numel()));
  flat.copy_(parameters);
  if (first.numel() > 0) learner.optimizer.first = first.to(flat.device());
  if (second.numel() > 0) learner.optimizer.second = second.to(flat.device());
  if (frames.numel() == 0) frames.reset();
  return true;
}

}  // namespace week01
