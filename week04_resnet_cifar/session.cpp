#include "week04_resnet_cifar/session.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>  // brings omp.h where there is OpenMP

#include <cmath>

#include "common/base/device.h"
#include "common/base/error.h"
#include "common/data/pinned.h"
#include "common/nn/modules.h"

namespace week04 {
using torch::Tensor;
namespace {

int64_t micro_batch(const Config& config) {
  const int64_t micro = config.micro_batch > 0 ? config.micro_batch : config.batch_size;
  common::base::require(config.batch_size % micro == 0,
                        "--batch-size " + std::to_string(config.batch_size) +
                            " is no multiple of --micro-batch " + std::to_string(micro));
  return micro;
}

Data data_on(const torch::Device& device, const Config& config, const common::base::Run& run,
             uint64_t seed) {
  Data data = load_data(config, run.config().data_dir, seed);
  to_device_(data, config.images_on_device ? device : torch::Device(torch::kCPU));
  return data;
}

// Micro-batches, of as many whole batches as the images make.
common::data::LoaderOptions loader_options(const Config& config, int64_t samples, int64_t per_epoch,
                                           uint64_t seed) {
  common::data::LoaderOptions options;
  options.samples = samples;
  options.batch_size = micro_batch(config);
  options.per_epoch = per_epoch * (config.batch_size / options.batch_size);
  options.seed = seed;
  options.workers = config.workers;
  return options;
}

// Sets over how many threads the loops that this thread begins split, and no more than that:
// at::set_num_threads also sets it for MKL's products everywhere, and for threads that begin later.
void set_own_threads(int count) {
#ifdef _OPENMP
  omp_set_num_threads(count);
#else
  at::set_num_threads(count);
#endif
}

// While one exists, this thread works alone. The cores are the network's; and OpenMP would let the
// network's threads sleep after each loop once a loader's worker had threads of its own, too.
class OneThread {
 public:
  OneThread() : before_(at::get_num_threads()) { set_own_threads(1); }
  ~OneThread() { set_own_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

// Networks for the lanes beyond the first: on a CPU, as many as have threads and micro-batches.
std::vector<Network> make_replicas(const Config& config, const Network& network, uint64_t seed,
                                   const torch::Device& device) {
  int64_t lanes = config.lanes > 0 ? config.lanes : at::get_num_threads();
  lanes = device.is_cpu() ? std::min(lanes, config.batch_size / micro_batch(config)) : 1;
  std::vector<Network> replicas;
  for (int64_t i = 1; i < lanes; ++i) {
    replicas.push_back(make_network(config, network.classes, seed, device));
    replicas.back().module->train();
  }
  return replicas;
}

}  // namespace

Session::Session(const Config& settings, common::base::Run& run)
    : config(settings),
      seed(static_cast<uint64_t>(run.config().seed)),
      device(common::base::pick_device(run.config().device)),
      precision(common::train::pick_precision(run.config().precision, device)),
      data(data_on(device, config, run, seed)),
      network(make_network(config, static_cast<int64_t>(data.classes.size()), seed, device)),
      replicas(make_replicas(config, network, seed, device)),
      tensors(common::nn::tensors_of(*network.module)),
      per_epoch(steps_per_epoch(config, data.train.size())),
      optimizer(make_optimizer(config, network, per_epoch)),
      loader(loader_options(config, data.train.size(), per_epoch, seed),
             [this](const common::data::BatchPlan& plan) {
               const torch::NoGradGuard no_grad;
               const OneThread one_thread;
               const Batch batch = make_batch(data.train, config, plan, seed);
               if (config.images_on_device) return batch;
               return Batch{common::data::pinned(batch.images, device),
                            common::data::pinned(batch.targets, device)};
             }),
      training{optimizer} {
  run.say("computes in " + precision.reason);
  network.prepare(data.train);
  training.steps = total_steps(config, data.train.size());
  training.schedule = schedule_of(config, training.steps, per_epoch);
  training.micro_batches = config.batch_size / micro_batch(config);
  training.batch_size = config.batch_size;
  training.device = device;
  std::vector<std::vector<Tensor>> shared;
  for (const Network& replica : replicas) shared.push_back(replica.module->parameters());
  training.lanes = common::train::Lanes(network.module->parameters(), std::move(shared));
  if (!replicas.empty()) {
    const int64_t cores = training.lanes.cores_each();
    run.say(std::to_string(training.lanes.count()) + " micro-batches side by side, each on " +
            (cores == 1 ? "one core" : std::to_string(cores) + " cores"));
  }
  training.precision = precision.type;
  if (precision.type == torch::kHalf) training.scaler = common::train::GradScaler(device);
  training.clip_norm = config.clip_norm;
  if (config.ema > 0) training.ema = common::train::Ema(tensors, config.ema);
  if (config.lookahead > 0) {
    training.lookahead = common::train::Lookahead(tensors, config.lookahead);
    const auto steps = static_cast<double>(training.steps);
    training.lookahead_decay = [=](int64_t step) {  // from no memory to three quarters of it
      return std::pow(0.95, 5) * std::pow(static_cast<double>(step + 1) / steps, 3);
    };
  }
}

Batch Session::next() {
  const Batch batch = loader.next();
  return {common::data::to_device(batch.images, device),
          common::data::to_device(batch.targets, device)};
}

common::train::Judgement Session::judge(const Batch& batch, int64_t lane) {
  Network& mine = lane == 0 ? network : replicas.at(static_cast<size_t>(lane - 1));
  if (mine.early.defined() && training.step >= early_steps(config, per_epoch)) {
    mine.early.set_requires_grad(false);  // nothing before the first block needs a gradient now
  }
  const Tensor logits = mine.logits(batch.images);  // [B, K]
  const Tensor loss =
      at::cross_entropy_loss(logits, batch.targets, /*weight=*/{}, at::Reduction::Mean,
                             /*ignore_index=*/-100, config.label_smoothing);
  const bool mixed = batch.targets.dim() == 2;  // [B, K]: of two classes the larger one counts
  const Tensor classes = mixed ? batch.targets.argmax(1) : batch.targets;  // [B]
  return {loss, logits.detach().argmax(1).eq(classes).to(at::kFloat).mean()};
}

}  // namespace week04
