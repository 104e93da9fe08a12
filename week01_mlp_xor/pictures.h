// The pictures of week 01.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "common/base/run.h"
#include "week01_mlp_xor/learn.h"

namespace week01 {

/// Cells along each side of a decision map.
constexpr int64_t kMapCells = 100;

/// Returns the network's answers on the grid of the decision map, [kMapCells^2], float32: for two
/// classes the probability of the second, else the class.
torch::Tensor boundary_frame(const Mlp& mlp, const Problem& problem);

/// Which epochs get a frame of the boundary's animation: about `count`, dense at the start where
/// the boundary moves most; ascending, the last is `epochs`, the first 0.
std::vector<int64_t> frame_epochs(int64_t epochs, int64_t count);

/// Writes boundary.png (the last frame), boundary-strip.png (six moments) and boundary.webp (all).
/// Args: frames [F, kMapCells^2] and the epoch of each.
void draw_boundary(const std::filesystem::path& dir, const Problem& problem,
                   const torch::Tensor& frames, const std::vector<int64_t>& epochs);

/// Writes loss.png and accuracy.png from what the run logged.
void draw_curves(const common::base::Run& run, const Problem& problem);

/// Writes weights.png: the first layer's weights [784, H] as H images of 28 x 28.
void draw_first_layer(const std::filesystem::path& dir, const Mlp& mlp);

/// Writes confusion.png.
void draw_confusion(const std::filesystem::path& dir, const Problem& problem,
                    const Samples& samples, const Score& score);

/// Writes activations.png: every activation with its derivative.
void draw_activations(const std::filesystem::path& dir);

}  // namespace week01
