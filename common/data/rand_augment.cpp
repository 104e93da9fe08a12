#include "common/data/rand_augment.h"

#include <algorithm>
#include <cmath>

namespace common::data {

void apply_augmentation(RgbImage& image, Augmentation which, double strength, bool negative,
                        RgbImage& scratch) {
  const double sign = negative ? -1 : 1;
  const double shear = sign * 0.3 * strength, factor = 1 + sign * 0.9 * strength;
  const auto shift = [&](std::int64_t side) {
    return sign * std::floor(150.0 / 331 * static_cast<double>(side) * strength);
  };
  AffineMap map;
  switch (which) {
    case Augmentation::kIdentity:
      return;
    case Augmentation::kShearX:
      map.b = shear;
      return move_pixels(image, map, scratch);
    case Augmentation::kShearY:
      map.d = shear;
      return move_pixels(image, map, scratch);
    case Augmentation::kTranslateX:
      map.c = -shift(image.width);
      return move_pixels(image, map, scratch);
    case Augmentation::kTranslateY:
      map.f = -shift(image.height);
      return move_pixels(image, map, scratch);
    case Augmentation::kRotate:
      return move_pixels(image, rotation(sign * 30 * strength, image.width, image.height), scratch);
    case Augmentation::kBrightness:
      return change_brightness(image, factor);
    case Augmentation::kColour:
      return change_saturation(image, factor);
    case Augmentation::kContrast:
      return change_contrast(image, factor);
    case Augmentation::kSharpness:
      return change_sharpness(image, factor, scratch);
    case Augmentation::kPosterize:
      return posterize(image, 8 - static_cast<int>(std::nearbyint(4 * strength)));
    case Augmentation::kSolarize:
      return solarize(image, 255 * (1 - strength));
    case Augmentation::kAutocontrast:
      return autocontrast(image);
    case Augmentation::kEqualize:
      return equalize(image);
  }
}

void rand_augment(RgbImage& image, const RandAugment& how, base::Random& random,
                  RgbImage& scratch) {
  const double strength = static_cast<double>(how.magnitude) / static_cast<double>(how.bins - 1);
  for (std::int64_t i = 0; i < how.operations; ++i) {
    const auto which = static_cast<Augmentation>(random.below(kAugmentations));
    const bool negative = random.uniform() < 0.5;
    apply_augmentation(image, which, strength, negative, scratch);
  }
}

void jitter_colours(RgbImage& image, const ImageJitter& how, base::Random& random) {
  const auto factor = [&](double most) {
    return random.uniform(std::max(0.0, 1 - most), 1 + most);
  };
  for (const std::int64_t which : random.permutation(4)) {
    if (which == 0 && how.brightness > 0) change_brightness(image, factor(how.brightness));
    if (which == 1 && how.contrast > 0) change_contrast(image, factor(how.contrast));
    if (which == 2 && how.saturation > 0) change_saturation(image, factor(how.saturation));
    if (which == 3 && how.hue > 0) turn_hue(image, random.uniform(-how.hue, how.hue));
  }
}

}  // namespace common::data
