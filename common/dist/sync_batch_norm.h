// Batch norm with the statistics of all ranks' images.
#pragma once

#include <torch/nn/modules/batchnorm.h>

#include "common/dist/group.h"

namespace common::dist {

/// Normalises x by a layer, as the layer itself would if one process had the images of all ranks.
/// Ranks may have different numbers of images, none too. Collective, forward and backward; when the
/// layer is not in training it is the layer itself.
/// Args: x [B, C, H, W]. Returns: the same shape.
/// Source: Ioffe and Szegedy 2015, arXiv:1502.03167; variances are put together as by Chan et al.
/// 1979, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances".
torch::Tensor sync_batch_norm(const Group& group, torch::nn::BatchNorm2d& layer,
                              const torch::Tensor& x);

}  // namespace common::dist
