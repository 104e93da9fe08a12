#include "week09_ddp_imagenet/session.h"

#include <ATen/ATen.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "common/base/device.h"
#include "common/base/error.h"
#include "common/data/pinned.h"
#include "common/dist/launch.h"
#include "common/nn/modules.h"

namespace week09 {
using common::base::require;
using common::data::BatchPlan;
using common::data::ImageSet;
using torch::Tensor;
namespace {

void require_parts(const Config& config, int64_t samples, int64_t ranks) {
  const std::string batch = "--batch-size " + std::to_string(config.batch_size);
  require(config.accumulate == 1 || config.batch_size % (config.accumulate * ranks) == 0,
          batch + " is no multiple of --accumulate " + std::to_string(config.accumulate) +
              (ranks > 1 ? " times " + std::to_string(ranks) + " ranks" : ""));
  require(config.drop_last || config.accumulate == 1,
          "--drop-last false wants --accumulate 1: micro-batches of a step must be alike");
  require(config.batch_size >= ranks, batch + " is less than " + std::to_string(ranks) + " ranks");
  // Of one image on one place a channel has no variance: the last maps of up to 32 pixels.
  const int64_t smallest = *std::min_element(config.sizes.begin(), config.sizes.end());
  const int64_t last = config.drop_last ? 0 : samples % config.batch_size;
  const int64_t fewest = config.sync_norm ? 2 : 2 * ranks;
  const bool one_alone =
      config.batch_size / config.accumulate < fewest || (last > 0 && last < fewest);
  require(smallest > 32 || !one_alone,
          std::string(config.sync_norm ? "a step" : "a rank") +
              " would train on one image alone, which at " + std::to_string(smallest) +
              " pixels has no variance: take another --batch-size" +
              (config.sync_norm ? " or --sizes above 32" : ", --sizes above 32 or --sync-norm"));
}

common::data::LoaderOptions loader_options(const Config& config, int64_t samples, uint64_t seed,
                                           const common::dist::World& world) {
  common::data::LoaderOptions options;
  options.samples = samples;
  require_parts(config, samples, world.size);
  options.batch_size = config.batch_size;
  options.drop_last = config.drop_last;
  options.seed = seed;
  options.world = world;
  options.workers = config.workers;
  return options;
}

Batch pinned(Batch batch, const torch::Device& device) {
  batch.images = common::data::pinned(batch.images, device);
  batch.labels = common::data::pinned(batch.labels, device);
  return batch;
}

// The images of all ranks in a batch; the last of an epoch may have fewer.
int64_t images_in(const common::data::LoaderOptions& options, int64_t position) {
  const int64_t begin = position % batches_per_epoch(options) * options.batch_size;
  return std::min(options.batch_size, options.samples - begin);
}

}  // namespace

torch::Device device_of(const common::base::Run& run) {
  const std::string& wanted = run.config().device;
  torch::Device device = common::base::pick_device(wanted);
  if (!device.is_cuda()) return device;
  const auto rendezvous = common::dist::rendezvous_from_environment();
  if (rendezvous.world.size > 1 && wanted.find(':') == std::string::npos) {
    // Where each rank is shown one GPU alone, as by SLURM, that is number 0.
    const auto gpus = static_cast<int64_t>(at::detail::getCUDAHooks().deviceCount());
    require(!common::dist::was_launched() || rendezvous.world.size <= gpus,
            std::to_string(rendezvous.world.size) + " ranks want a GPU each, and here " +
                (gpus == 1 ? "is one" : "are " + std::to_string(gpus)) + ": take --nproc " +
                std::to_string(gpus) + " or --device cpu");
    device.set_index(static_cast<c10::DeviceIndex>(rendezvous.local_rank % gpus));
  }
  c10::impl::VirtualGuardImpl(torch::kCUDA).setDevice(device);
  return device;
}

common::dist::Group join(const Config& config, const torch::Device& device) {
  common::dist::Rendezvous rendezvous = common::dist::rendezvous_from_environment();
  rendezvous.timeout = std::chrono::milliseconds(std::llround(1000 * config.timeout_s));
  return {rendezvous, device};
}

Session::Session(const Config& settings, common::base::Run& run)
    : config(settings),
      seed(static_cast<uint64_t>(run.config().seed)),
      device(device_of(run)),
      precision(common::train::pick_precision(config.in_double ? "fp32" : run.config().precision,
                                              device)),
      group(join(config, device)),
      data(open_images(config, run)),
      batches(Batches::training(data.train, config, seed, precision.type)),
      network(make_network(config, static_cast<int64_t>(data.train.classes.size()), seed, device,
                           group)),
      tensors(common::nn::tensors_of(*network)),
      per_epoch(steps_per_epoch(config, data.train.count)),
      optimizer(make_optimizer(config, network)),
      loading(loader_options(config, data.train.count, seed, group.world())),
      loader(loading,
             [this](const BatchPlan& plan) {
               Batch batch = batches.make(plan);
               batch.of = images_in(loading, plan.position);
               return pinned(std::move(batch), device);
             }),
      training{optimizer} {
  identity = run.config().identity();
  identity["precision"] = c10::toString(precision.type);  // what `auto` has come to
  identity["kind of device"] = device.is_cuda() ? "cuda" : "cpu";
  identity["images"] = {fingerprint(data.train), fingerprint(data.val)};
  require(group.agree_on(common::base::line_of(identity)),
          "the ranks have different settings, devices or images: each machine needs the same");
  run.say(config.in_double ? "computes in fp64" : "computes in " + precision.reason);
  training.steps = total_steps(config, data.train.count);
  training.schedule = schedule_of(config, training.steps);
  training.micro_batches = config.accumulate;
  training.batch_size = config.batch_size;
  training.device = device;
  training.precision = precision.type;
  if (precision.type == torch::kHalf) training.scaler = common::train::GradScaler(device);
  training.clip_norm = config.clip_norm;
  if (config.ema > 0) training.ema = common::train::Ema(tensors, config.ema);
}

Batch Session::next() {
  if (waiting.empty()) {
    Batch batch = loader.next();
    batch.images = common::data::to_device(batch.images, device);
    batch.labels = common::data::to_device(batch.labels, device);
    if (config.in_double) batch.images = batch.images.to(torch::kDouble);
    const int64_t size = batch.ids.numel() / config.accumulate;
    for (int64_t i = config.accumulate - 1; i >= 0; --i) {
      const auto part = [&](const Tensor& of) { return of.narrow(0, i * size, size); };
      waiting.push_back(
          {part(batch.images), part(batch.labels), part(batch.ids), batch.of / config.accumulate});
    }
  }
  const Batch next = std::move(waiting.back());
  waiting.pop_back();
  return next;
}

Tensor Session::loss_of(const Batch& batch) {
  const Tensor logits = network(batch.images);  // [B, K]
  const Tensor sum = at::cross_entropy_loss(logits, batch.labels, /*weight=*/{}, at::Reduction::Sum,
                                            /*ignore_index=*/-100, config.label_smoothing);
  // Gradients come back as the ranks' mean: times their number, that is the sum over the batch.
  return sum * (static_cast<double>(group.world().size) / static_cast<double>(batch.of));
}

common::train::Ranks ranks_of(const common::dist::Group& group,
                              common::dist::DataParallel& parallel) {
  common::train::Ranks ranks;
  ranks.world = group.world();
  ranks.before_backward = [&parallel](const Tensor& loss) { parallel.before_backward(loss); };
  ranks.all_gather = [&group](const Tensor& mine) { return group.all_gather(mine); };
  return ranks;
}

common::dist::DataParallel data_parallel(const Session& session) {
  common::dist::DataParallelOptions options;
  options.bucket_bytes = std::llround(session.config.bucket_mb * 1e6);
  options.first_bucket_bytes = std::min(options.first_bucket_bytes, options.bucket_bytes);
  options.bf16 = session.config.compress;
  return {session.group, parameters_of(session.network), buffers_of(session.network), options};
}

}  // namespace week09
