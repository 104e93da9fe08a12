// RandAugment: some operations for each image, drawn from a list, all of one strength.
#pragma once

#include <cstdint>

#include "common/base/random.h"
#include "common/data/image_ops.h"

namespace common::data {

/// How many operations, and how strong.
struct RandAugment {
  std::int64_t operations = 0;  ///< for each image; 0: none, 2 is usual
  std::int64_t magnitude = 9;   ///< 0 to bins - 1
  std::int64_t bins = 31;       ///< of the scale of magnitudes, at least 2
};

/// The operations, each drawn alike.
enum class Augmentation {
  kIdentity,
  kShearX,
  kShearY,
  kTranslateX,
  kTranslateY,
  kRotate,
  kBrightness,
  kColour,
  kContrast,
  kSharpness,
  kPosterize,
  kSolarize,
  kAutocontrast,
  kEqualize,
};
inline constexpr std::int64_t kAugmentations = 14;

/// Applies one operation. Args: strength 0 to 1, `negative` turns those that have two directions.
/// The strongest: shears by 0.3, shifts by 150 / 331 of the side, 30 degrees, factors of 1 +- 0.9,
/// 4 bits left, everything inverted.
void apply_augmentation(RgbImage& image, Augmentation which, double strength, bool negative,
                        RgbImage& scratch);

/// Applies operations drawn from all of them.
/// Source: Cubuk et al. 2019, arXiv:1909.13719; the list and ranges of torchvision's RandAugment.
void rand_augment(RgbImage& image, const RandAugment& how, base::Random& random, RgbImage& scratch);

/// How far brightness, contrast, saturation (factors 1 - x to 1 + x, not below 0) and hue (-x to x
/// turns of the circle of colours) may go.
struct ImageJitter {
  double brightness = 0, contrast = 0, saturation = 0, hue = 0;

  bool none() const { return !(brightness > 0 || contrast > 0 || saturation > 0 || hue > 0); }
};

/// Changes these in an order and by factors that are drawn. Source: torchvision's ColorJitter.
void jitter_colours(RgbImage& image, const ImageJitter& how, base::Random& random);

}  // namespace common::data
