// What a run of week 09 leaves to look at: pictures and tables.
#pragma once

#include <string>
#include <vector>

#include "common/base/run.h"
#include "common/dist/data_parallel.h"
#include "common/train/flops.h"
#include "week09_ddp_imagenet/judge.h"
#include "week09_ddp_imagenet/profile.h"

namespace week09 {

/// Returns `folder` in words where it is one of Imagenette's ("n01440764": "tench"), else itself.
std::string class_title(const std::string& folder);

/// Draws curves.png (loss, top-1 and top-5, learning rate, images a second) from what was logged.
void draw_curves(const common::base::Run& run);

/// Draws training_images.png: some images, each as several epochs show it, at each epoch's size.
void draw_training_images(const common::base::Run& run, const common::data::ImageSet& images,
                          const Config& config, uint64_t seed);

/// Prints the table of classes and draws mistakes.png: the wrong answers given most surely.
void draw_answers(common::base::Run& run, const Answers& answers,
                  const common::data::ImageSet& images, const Config& config);

/// Returns the FLOP of each layer's forward pass for one image of `size`.
std::vector<common::train::OperationCost> costs_of(common::nn::ResNet& network, int64_t size,
                                                   const torch::Device& device);

/// Prints the layers that cost most, with shapes and FLOP for one image of `size`; returns the FLOP
/// of one image's forward pass.
double summarise(common::base::Run& run, common::nn::ResNet& network, int64_t size,
                 const torch::Device& device);

/// Draws step.png: what one step's time went to, and when each bucket of gradients was on its way.
void draw_step(const common::base::Run& run, const Phases& phases,
               const common::dist::CommunicationTimes& times);

}  // namespace week09
