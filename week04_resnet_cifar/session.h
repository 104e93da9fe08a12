// What a training of week 04 is put together from: `train` and `find-lr` share it.
#pragma once

#include "common/base/run.h"
#include "common/train/fit.h"
#include "week04_resnet_cifar/config.h"
#include "week04_resnet_cifar/images.h"
#include "week04_resnet_cifar/network.h"

namespace week04 {

/// Data, network, optimizer, loader and the settings of the loop, made in this order.
struct Session {
  /// Reads the data and draws the network; nothing is trained yet.
  /// Errors: `Error` for a device, a precision or settings that do not fit.
  Session(const Config& config, common::base::Run& run);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Returns the next batch to train on, on the device.
  Batch next();
  /// Returns a batch's mean loss, and the share of answers that name its class.
  /// Args: `lane` of which the network answers.
  common::train::Judgement judge(const Batch& batch, int64_t lane);

  const Config& config;
  uint64_t seed;
  torch::Device device;
  common::train::Precision precision;
  Data data;
  Network network;
  std::vector<Network> replicas;       // one for each further lane; they share its parameters
  common::base::NamedTensors tensors;  // of the network
  int64_t per_epoch;                   // steps
  common::train::Optimizer optimizer;
  common::data::Loader<Batch> loader;
  common::train::Training training;
};

}  // namespace week04
