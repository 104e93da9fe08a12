// Trains a small network and saves after every step: the process that kill_test.cpp kills.
//   victim DIR         trains in a new run directory; a second call goes on
// Everything that a checkpoint must keep takes part: momentum, torch's generator (dropout), the
// order of a loader with workers, the average of weights.
#include <ATen/ATen.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/data/loader.h"
#include "common/train/fit.h"

namespace {
using namespace common;
using at::Tensor;

constexpr int64_t kSamples = 96, kBatch = 16, kSteps = 30, kInputs = 20, kHidden = 40'000;

struct Batch {
  Tensor x, y;  // [B, inputs], [B, 1]
};

void train_in(const std::string& dir) {
  const bool resume = std::filesystem::exists(std::filesystem::path(dir) / "config.json");
  base::RunConfig config;
  config.week = "victim";
  base::Run run(config, base::Json::object(), dir, resume);
  torch::manual_seed(0);
  torch::nn::Sequential net(torch::nn::Linear(kInputs, kHidden), torch::nn::Dropout(0.5),
                            torch::nn::Linear(kHidden, 1));
  const Tensor x = at::randn({kSamples, kInputs}), y = x.sum(1, /*keepdim=*/true).sin();
  data::LoaderOptions options;
  options.samples = kSamples;
  options.batch_size = kBatch;
  options.workers = 2;
  data::Loader<Batch> loader(options, [&](const data::BatchPlan& plan) {
    const Tensor ids = at::tensor(plan.ids, at::kLong);
    return Batch{x.index_select(0, ids), y.index_select(0, ids)};
  });
  base::NamedTensors tensors;
  for (const auto& item : net->named_parameters()) tensors[item.key()] = item.value();
  train::Optimizer optimizer({{"all", net->parameters(), train::AdamW{}, 1, 0.01}});
  train::Training training{optimizer};
  training.steps = kSteps;
  training.schedule = train::cosine(1e-3, kSteps);
  training.batch_size = kBatch;
  training.log_every = 7;  // so that checkpoints fall between two logs
  training.ema = train::Ema(tensors, 0.9);
  training.save_every_s = 0;
  training.checkpoints = train::Checkpoints(
      run.dir() / "checkpoint", "victim",
      {train::part_of_tensors("model", tensors), train::part_of("optimizer", optimizer)});
  loader.seek(train::resume(training, run));
  fit(
      training, run, [&] { return loader.next(); },
      [&](const Batch& batch, int64_t) { return at::mse_loss(net->forward(batch.x), batch.y); },
      [](int64_t) { return train::Verdict::kGoOn; });
  base::save_tensors(run.dir() / "weights.safetensors", tensors);
  base::save_tensors(run.dir() / "average.safetensors", training.ema.state());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    base::catch_interrupts();
    base::require(argc == 2, "victim DIR");
    train_in(argv[1]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 2;
  }
}
