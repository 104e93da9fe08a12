// Pictures from outside, as the networks of this week take them.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace week04 {

/// What is read of an image file, in bytes.
inline constexpr uint64_t kMostImageBytes = 50'000'000;

/// Returns the middle square of a picture at 32 x 32, each pixel a weighted mean of what lies
/// around it, [1, 3, 32, 32], uint8. One picture at a time is decoded, whoever calls: one of 50
/// million pixels takes 1 GB. Errors: `Error` when the bytes are no PNG, JPEG or WebP, or a JPEG of
/// more than 200 scans; `name` stands for them.
at::Tensor to_cifar(std::string_view bytes, const std::string& name);

/// Returns a picture as torchvision's ResNets for ImageNet want it, [1, 3, 224, 224], normalised:
/// the shorter side brought to 256, the middle 224 x 224 of that.
/// Errors: as to_cifar.
at::Tensor to_imagenet(std::string_view bytes, const std::string& name);

}  // namespace week04
