// Pooling, batch norm and GELU of the speedrun's network, as one operation on a processor.
//
// Between two convolutions the plain operations read and write the same numbers many times: a
// fifth of the time of a training step of `quick`. Together they need two passes each way.
#pragma once

#include <torch/nn/modules/batchnorm.h>

namespace week04 {

/// Returns gelu(batch_norm(max_pool(x))), [B, C, H / 2, W / 2] of x [B, C, H, W]; without `pool`
/// gelu(batch_norm(x)), [B, C, H, W]. Differentiable by x and the norm's bias.
/// In training, on a processor, float and bf16 in channels_last take the fused way, everything else
/// the plain one; both update the norm's running mean and variance.
/// The fused way takes the variance as the mean of the squares less the square of the mean, in one
/// pass: what is lost to rounding grows with (mean / deviation)^2. At 30 it is some 1e-4.
torch::Tensor pool_norm_gelu(const torch::Tensor& x, torch::nn::BatchNorm2d& norm, bool pool);

/// The same in plain operations.
torch::Tensor plain_pool_norm_gelu(torch::Tensor x, torch::nn::BatchNorm2d& norm, bool pool);

}  // namespace week04
