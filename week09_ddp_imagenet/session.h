// What a training of week 09 is put together from: `train`, `profile` and `compare` share it.
#pragma once

#include "common/base/run.h"
#include "common/data/loader.h"
#include "common/dist/data_parallel.h"
#include "common/dist/group.h"
#include "common/train/fit.h"
#include "week09_ddp_imagenet/config.h"
#include "week09_ddp_imagenet/images.h"
#include "week09_ddp_imagenet/network.h"

namespace week09 {

/// Joins the other ranks, if there are any, as torchrun or --nproc tells.
common::dist::Group join(const Config& config, const torch::Device& device);

/// Returns this rank's device: its own GPU of this machine, which becomes the thread's, or the
/// processor.
torch::Device device_of(const common::base::Run& run);

/// With whom, data, network, optimizer, loader and the settings of the loop, made in this order.
struct Session {
  /// Meets the other ranks, opens the images and draws the network; nothing is trained yet.
  /// Errors: `Error` for ranks that do not come, and for settings or images that do not fit.
  Session(const Config& config, common::base::Run& run);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Returns this rank's part of the next micro-batch, on its device.
  Batch next();
  /// Returns this rank's share of the mean loss over the whole batch, times the number of ranks:
  /// the mean over the ranks is the mean over the batch, however unequal the parts are.
  torch::Tensor loss_of(const Batch& batch);

  const Config& config;
  std::vector<Batch> waiting;  // micro-batches of the batch that was loaded last, the next one last
  uint64_t seed;
  common::base::Json identity;  ///< what a checkpoint is of: settings, images, what computes
  torch::Device device;
  common::train::Precision precision;
  common::dist::Group group;
  Data data;
  Batches batches;
  common::nn::ResNet network;
  common::base::NamedTensors tensors;  // of the network
  int64_t per_epoch;                   // steps
  common::train::Optimizer optimizer;
  common::data::LoaderOptions loading;
  common::data::Loader<Batch> loader;
  common::train::Training training;
};

/// Returns the ranks of a group as a training wants them.
/// Args: `parallel` averages their gradients; both must outlive what is returned.
common::train::Ranks ranks_of(const common::dist::Group& group,
                              common::dist::DataParallel& parallel);

/// Returns what averages the gradients of the session's network.
common::dist::DataParallel data_parallel(const Session& session);

}  // namespace week09
