// `compare`: by hand against torch::nn, from equal weights in equal order.
#include <chrono>

#include "common/base/device.h"
#include "common/base/error.h"
#include "common/base/expect.h"
#include "common/base/interrupt.h"
#include "common/plot/lines.h"
#include "week01_mlp_xor/commands.h"
#include "week01_mlp_xor/learn.h"
#include "week01_mlp_xor/torch_twin.h"

namespace week01 {
using common::base::Metrics;
using common::base::Run;
using torch::Tensor;
namespace {

// Batches in an order that both follow: the samples again and again, epoch by epoch.
struct Batches {
  const Samples& train;
  Tensor y;  // [N, K]
  int64_t size, at = 0;

  std::pair<Tensor, Tensor> next() {
    if (at + size > train.size()) at = 0;
    const auto rows = [&](const Tensor& t) { return t.slice(0, at, at + size); };
    const std::pair<Tensor, Tensor> batch = {rows(train.x), rows(y)};  // [B, D], [B, K]
    at += size;
    return batch;
  }
};

// Largest difference over largest value.
double relative_difference(const Tensor& a, const Tensor& b) {
  const double scale = b.abs().max().item<double>();
  return (a - b).abs().max().item<double>() / (scale > 0 ? scale : 1);
}

// Both networks, stepping over their own copy of the same batches.
struct Pair {
  const Config& config;
  Loss loss;
  Mlp mlp;
  Optimizer optimizer;
  Twin twin;
  std::unique_ptr<torch::optim::Optimizer> twin_optimizer_;
  Parameters gradient;
  uint64_t seed;

  Pair(const Config& c, Loss loss_, const Mlp& mlp_, uint64_t seed_)
      : config(c),
        loss(loss_),
        mlp(mlp_),
        optimizer(make_optimizer(c)),
        twin(mlp_),
        twin_optimizer_(twin_optimizer(twin, optimizer, c.lr, c.l2)),
        gradient(Parameters::zeros(mlp_.sizes, mlp_.parameters.flat.device())),
        seed(seed_) {}

  Tensor hand_step(const Tensor& x, const Tensor& y, int64_t step) {
    const torch::NoGradGuard no_autograd;
    const Tape tape = forward(mlp, x, step_masks(mlp, config, x.size(0), seed, step));
    backward(mlp, tape, y, loss, config.l2, gradient);
    optimizer.step(mlp.parameters.flat, gradient.flat, config.lr);
    return loss_value(mlp.output, loss, tape.z.back(), y);
  }

  Tensor torch_step(const Tensor& x, const Tensor& y, int64_t step) {
    twin_optimizer_->zero_grad();
    const Tensor z = twin->forward(x, step_masks(mlp, config, x.size(0), seed, step));
    const Tensor value = twin_loss(mlp.output, loss, z, y);
    value.backward();
    twin_optimizer_->step();
    return value.detach();
  }
};

void stop_if_interrupted() {
  if (common::base::interrupted()) throw common::base::Interrupted();
}

template <class Step>
double steps_per_s(Batches batches, int64_t steps, const Step& step) {
  const auto began = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < steps; ++i) {
    const auto [x, y] = batches.next();
    step(x, y, i);
    stop_if_interrupted();
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  return static_cast<double>(steps) / took.count();
}

void draw_losses(const Run& run) {
  common::plot::LineChart chart;
  chart.title = "By hand and torch::nn, same weights, same batches";
  chart.x_label = "step";
  chart.y_label = "loss";
  chart.log_y = true;
  for (const std::string split : {"hand", "torch"}) {
    common::plot::Series series;
    series.name = split == "hand" ? "by hand" : "torch::nn";
    series.dashed = split == "torch";
    for (const auto& [x, y] : run.history(split, "loss")) {
      series.x.push_back(x);
      series.y.push_back(y);
    }
    chart.series.push_back(std::move(series));
  }
  save_png(draw(chart), run.dir() / "compare.png");
}

}  // namespace

void describe(common::base::Settings& settings, CompareConfig& config) {
  describe(settings, config.config);
  settings.add("steps", &config.steps, "steps after which the weights are compared")
      .range(1, 100'000);
  settings.add("timed-steps", &config.timed_steps, "steps of each timing, seven a side in turn")
      .range(1, 1'000'000);
}

Metrics compare(const CompareConfig& both, Run& run) {
  Config config = both.config;
  config.folds = 0;  // one training, on standardised features
  const auto seed = static_cast<uint64_t>(run.config().seed);
  Problem problem = load_problem(config, run.config().data_dir, seed);
  const torch::Device device = common::base::pick_device(run.config().device);
  to_device_(problem, device);
  const auto classes = static_cast<int64_t>(problem.classes.size());
  const Mlp mlp = make_mlp(config, problem.inputs(), classes, seed, device);
  Pair pair(config, loss_of(config, classes), mlp, seed);
  const int64_t n = problem.train.size();
  const int64_t batch = config.batch_size == 0 ? n : std::min(config.batch_size, n);
  const Batches start{problem.train, targets(problem.train.label, mlp.sizes.back()), batch};

  // The network's weights are shared with the pair: what l2 adds must be taken before the first
  // step.
  Parameters decay = Parameters::zeros(mlp.sizes, device);  // [P]; torch adds it in its optimizer
  for (size_t l = 0; l < decay.layers.size(); ++l) {
    decay.layers[l].w.copy_(mlp.parameters.layers[l].w).mul_(config.l2);
  }
  Batches batches = start;
  double gradient_difference = 0;
  for (int64_t step = 0; step < both.steps; ++step) {
    const auto [x, y] = batches.next();
    const Tensor hand = pair.hand_step(x, y, step), torch_loss = pair.torch_step(x, y, step);
    if (step == 0) {
      gradient_difference =
          relative_difference(pair.gradient.flat, flat_gradients(pair.twin) + decay.flat);
    }
    run.log(step, "hand", {{"loss", hand.item<double>()}});
    run.log(step, "torch", {{"loss", torch_loss.item<double>()}});
    stop_if_interrupted();
  }
  const double weight_difference =
      relative_difference(pair.mlp.parameters.flat, flat_parameters(pair.twin));

  std::vector<double> hand_rates, torch_rates;  // in turn: A B A B
  for (int turn = 0; turn < 7; ++turn) {
    hand_rates.push_back(steps_per_s(
        start, both.timed_steps, [&](auto& x, auto& y, int64_t i) { pair.hand_step(x, y, i); }));
    torch_rates.push_back(steps_per_s(
        start, both.timed_steps, [&](auto& x, auto& y, int64_t i) { pair.torch_step(x, y, i); }));
  }
  if (run.writes()) draw_losses(run);
  const double hand_rate = common::base::median(hand_rates),
               torch_rate = common::base::median(torch_rates);
  char text[256];
  std::snprintf(text, sizeof text,
                "largest relative difference: gradients %.1e, weights after %lld steps %.1e",
                gradient_difference, static_cast<long long>(both.steps), weight_difference);
  run.say(text);
  std::snprintf(text, sizeof text,
                "steps/s (median of 7): by hand %.0f, torch::nn %.0f, ratio %.2f", hand_rate,
                torch_rate, hand_rate / torch_rate);
  run.say(text);
  return {{"gradient_difference", gradient_difference},
          {"weight_difference", weight_difference},
          {"hand_steps_per_s", hand_rate},
          {"torch_steps_per_s", torch_rate},
          {"hand_over_torch", hand_rate / torch_rate}};
}

}  // namespace week01
