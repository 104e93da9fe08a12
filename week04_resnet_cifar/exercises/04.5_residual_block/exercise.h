// Exercise 04.5: a residual block, as a module of LibTorch.
#pragma once

#include <torch/nn/modules/container/any.h>

#include <cstdint>

/// Returns a block that computes
///
///     y = relu(shortcut(x) + bn2(conv2(relu(bn1(conv1(x))))))
///
/// for x [B, inputs, H, W], y [B, outputs, H / stride, W / stride]. Convolutions have no bias.
/// conv1 is 3x3 with padding 1 and the stride; conv2 is 3x3 with padding 1. Where the shape changes
/// (stride is not 1, or outputs are not inputs), `shortcut` is a 1x1 convolution with the stride
/// and a norm, registered together as "downsample"; else it is x itself.
///
/// Parameters have torchvision's names: conv1.weight, bn1.weight, bn1.bias, conv2.weight,
/// bn2.weight, bn2.bias, downsample.0.weight, downsample.1.weight, downsample.1.bias.
torch::nn::AnyModule make_block(std::int64_t inputs, std::int64_t outputs, std::int64_t stride);
