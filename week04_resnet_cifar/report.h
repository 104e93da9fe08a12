// What a run of week 04 leaves to look at: pictures and tables.
#pragma once

#include <string>
#include <vector>

#include "common/base/run.h"
#include "week04_resnet_cifar/network.h"

namespace week04 {

/// Measures the network on `images`, which `split` names ("test" or "validation"), prints a table
/// of the classes and draws confusion.png, mistakes.png (the wrong answers that were given most
/// surely) and calibration.png. Returns `SPLIT_accuracy`, `SPLIT_loss` and, with `tta`,
/// `tta_accuracy`
/// (`validation_tta_accuracy`).
common::base::Metrics judge(const Network& network, const Images& images, const std::string& split,
                            bool tta, c10::ScalarType precision,
                            const std::vector<std::string>& classes, common::base::Run& run);

/// Draws curves.png (loss, accuracy, learning rate, momentum) from what was logged.
void draw_curves(const common::base::Run& run);

/// Draws augmentation.png: some images, each as several epochs would show it.
void draw_augmentation(const common::base::Run& run, const Images& images, const Config& config,
                       uint64_t seed);

/// Prints the layers that cost most, with shapes and FLOP for one image; returns the FLOP of one
/// image's forward pass.
double summarise(common::base::Run& run, const Network& network, const torch::Device& device);

/// Returns the `count` most probable classes as text: "cat 81.0 %, dog 12.3 %".
/// Args: probabilities [K].
std::string best_answers(const torch::Tensor& probabilities,
                         const std::vector<std::string>& classes, int64_t count);

/// How often the network is right when it says that it is sure by so much.
struct Calibration {
  std::vector<double> confidence, accuracy;  // mean of each bin that holds an answer
  std::vector<int64_t> count;
  double error = 0;  // expected calibration error: mean |confidence - accuracy| over the answers
};

/// Args: `bins` of equal width. Source: Guo et al. 2017, arXiv:1706.04599, section 2.
Calibration calibrate(const Answers& answers, int64_t bins = 10);

}  // namespace week04
