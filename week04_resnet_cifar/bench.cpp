#include "week04_resnet_cifar/bench.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <optional>

#include "common/base/error.h"
#include "common/nn/convolve.h"
#include "week04_resnet_cifar/session.h"

namespace week04 {
using common::base::Json;
using common::base::Metrics;
using common::base::Run;
using common::train::Verdict;
using torch::Tensor;
namespace {

constexpr int64_t kCompared = 3;  // steps whose losses are compared with Python's

void print(const Json& json) {
  std::printf("%s\n", json.dump().c_str());
  std::fflush(stdout);
}

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Steps of the session, by the same loop as a training, on batches from `next`. Returns the mean
// loss.
double take_steps(Session& session, int64_t steps, const std::function<Batch()>& next) {
  Run nowhere;
  session.training.steps = session.training.step + steps;
  session.training.log_every = 0;  // after the last alone
  session.network.module->train();
  common::train::fit(
      session.training, nowhere, next,
      [&](const Batch& batch, int64_t lane) { return session.judge(batch, lane); },
      [](int64_t) { return Verdict::kGoOn; });
  return nowhere.history("train", "loss").back().second;
}

// The losses of the first steps, on batches that are written down with the first weights.
std::vector<double> compared_losses(Session& session, const Run& run,
                                    const std::vector<Batch>& batches) {
  common::base::NamedTensors start;
  for (const auto& [name, tensor] : session.tensors) start[name] = tensor.detach().clone();
  for (size_t i = 0; i < batches.size(); ++i) {
    start["batch." + std::to_string(i) + ".images"] = batches[i].images.contiguous();
    start["batch." + std::to_string(i) + ".targets"] = batches[i].targets;
  }
  common::base::save_tensors(run.dir() / "start.safetensors", start);
  std::vector<double> losses;
  size_t given = 0;
  for (int64_t step = 0; step < kCompared; ++step) {
    losses.push_back(take_steps(session, 1, [&] { return batches[given++]; }));
  }
  return losses;
}

// Images a second when the network answers n times for the first image alone.
double answer_one(const Network& network, const Tensor& images, c10::ScalarType precision,
                  int64_t n) {
  const Tensor image = images.slice(0, 0, 1).contiguous(at::MemoryFormat::ChannelsLast);
  network.module->eval();
  const c10::InferenceMode inference;
  const common::train::Autocast autocast(image.device(), precision);
  const double seconds = seconds_of([&] {
    for (int64_t i = 0; i < n; ++i) network.logits(image);
    common::train::wait_for(image.device());
  });
  return static_cast<double>(n) / seconds;
}

// Reads how long each turn is to be, in steps, and prints how many images a second it had.
void serve_turns(const std::function<double(int64_t)>& images_per_s) {
  for (std::string line; std::getline(std::cin, line);) {
    int64_t n = 0;
    common::base::Setting("steps", &n, "").range(1, 1'000'000).set_text(line, "bench");
    print({{"images_per_s", images_per_s(n)}});
  }
}

}  // namespace

void describe(common::base::Settings& settings, BenchConfig& config) {
  describe(settings, config.config);
  settings
      .add("what", &config.what,
           "train: steps on one batch; data: steps with the loader; one: answers to one image")
      .one_of({"train", "data", "one"});
  settings.add("direct", &config.direct,
               "LibTorch's convolutions in place of ours; wants --lanes 1");
}

Metrics bench(const BenchConfig& config, Run& run) {
  common::base::require(!config.direct || config.config.lanes == 1, "--direct wants --lanes 1");
  std::optional<common::nn::DirectConvolutions> direct;
  if (config.direct) direct.emplace();
  Session session(config.config, run);
  std::vector<Batch> batches;
  for (int64_t i = 0; i < kCompared * session.training.micro_batches; ++i) {
    batches.push_back(session.next());
  }
  const auto precision = session.precision.type;
  print({{"losses", compared_losses(session, run, batches)},
         {"precision", precision == torch::kFloat ? "fp32" : "bf16"}});
  if (config.what == "one") {
    serve_turns(
        [&](int64_t n) { return answer_one(session.network, batches[0].images, precision, n); });
    return {};
  }
  size_t given = 0;
  const auto next = [&] {
    return config.what == "data" ? session.next() : batches[given++ % batches.size()];
  };
  serve_turns([&](int64_t n) {
    const double seconds = seconds_of([&] { take_steps(session, n, next); });
    return static_cast<double>(n * session.training.batch_size) / seconds;
  });
  return {};
}

}  // namespace week04
