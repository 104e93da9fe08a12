// Changes to small images in memory, with the results of PIL's ImageEnhance and ImageOps.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace common::data {

/// An image in memory.
struct RgbImage {
  std::int64_t width = 0, height = 0;
  std::vector<std::uint8_t> rgb;  // [height, width, 3]
};

// Each changes the image in place. `factor` 1 leaves it as it is, 0 takes all of the property away,
// more than 1 exaggerates. Results are cut to 0..255.

/// Towards black.
void change_brightness(RgbImage& image, double factor);
/// Towards the mean of its grey values.
void change_contrast(RgbImage& image, double factor);
/// Towards its grey values.
void change_saturation(RgbImage& image, double factor);
/// Towards the mean of each pixel and its neighbours, in which it counts five times.
void change_sharpness(RgbImage& image, double factor, RgbImage& scratch);

/// Turns the colours by `turns` of a circle, from -0.5 to 0.5.
void turn_hue(RgbImage& image, double turns);

/// Keeps the highest `bits` of each number: 0 to 8.
void posterize(RgbImage& image, int bits);
/// Inverts numbers from `threshold` up.
void solarize(RgbImage& image, double threshold);
/// Stretches each channel from 0 to 255.
void autocontrast(RgbImage& image);
/// Makes the values of each channel equally frequent.
void equalize(RgbImage& image);

/// Where each pixel of the result comes from: x' = a x + b y + c, y' = d x + e y + f, in
/// coordinates in which the first pixel's centre is (0.5, 0.5).
struct AffineMap {
  double a = 1, b = 0, c = 0, d = 0, e = 1, f = 0;
};

/// Takes the nearest pixel; what lies outside is black.
void move_pixels(RgbImage& image, const AffineMap& map, RgbImage& scratch);

/// The map that turns an image of this size by `degrees` against the clock about its centre.
AffineMap rotation(double degrees, std::int64_t width, std::int64_t height);

}  // namespace common::data
