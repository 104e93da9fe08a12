// From the bytes of a JPEG to the numbers that a network takes, in one pass: only the part that is
// shown is decoded, at a reduced size where that is enough, then resampled, mirrored and normalised
// straight into the batch.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "common/base/random.h"
#include "common/data/image_crop.h"
#include "common/data/image_loops.h"
#include "common/data/jpeg.h"
#include "common/data/rand_augment.h"

namespace common::data {

/// What a number of the result is. Bytes are not normalised.
enum class PixelType { kFloat32, kBfloat16, kUint8 };

/// Returns the bytes of one.
std::int64_t pixel_bytes(PixelType type);

/// Mean and standard deviation of each channel over ImageNet's training images, pixels from 0 to 1.
/// Source: torchvision's references.
inline constexpr std::array<double, 3> kImageNetMean = {0.485, 0.456, 0.406};
inline constexpr std::array<double, 3> kImageNetDeviation = {0.229, 0.224, 0.225};

/// What is done to each image.
struct ImageTransform {
  std::int64_t size = 224;  ///< of the result, in both directions
  bool augment = true;      ///< a random crop and what follows it here; else the centre

  RandomCrop crop;
  double flip = 0.5;  ///< how often left and right change places
  RandAugment rand_augment;
  ImageJitter jitter;

  std::int64_t shorter = 256;  ///< without augment: the shorter side before the centre is cut out

  std::array<double, 3> mean = kImageNetMean, deviation = kImageNetDeviation;
  PixelType type = PixelType::kFloat32;
  bool reduce = true;  ///< decode at a reduced size where it is enough: faster, a little sharper
  JpegLimits limits;
};

/// Errors: `Error` for settings that are out of range, naming the setting.
void require_valid(const ImageTransform& transform);

/// Returns at which part of its size (1, 2, 4 or 8) an image is decoded: the smallest at which
/// `width` x `height` of its pixels still give `size` in both directions.
std::int64_t shrink_for(std::int64_t width, std::int64_t height, std::int64_t size);

/// Makes one result after the other. One for each thread: all memory is used again, so that nothing
/// is allocated for an image but what libjpeg and the colour jitter ask for.
class ImageMaker {
 public:
  explicit ImageMaker(const ImageTransform& transform, const ImageLoops& loops = image_loops());
  ~ImageMaker();
  ImageMaker(ImageMaker&&) noexcept;
  ImageMaker& operator=(ImageMaker&&) noexcept;

  /// Makes [size, size, 3] numbers of the transform's type at `out` (a slice of a batch in
  /// channels_last). Draws come from `random` alone: equal seeds give equal results. Resampled
  /// values are rounded to bytes only where jitter or RandAugment work on them, or bytes are asked
  /// for; torchvision rounds always.
  /// Args: `where` names the file in messages.
  /// Errors: `Error` for bytes that are no JPEG or are damaged; see JpegDecoder.
  void make(std::string_view bytes, std::string_view where, base::Random& random, void* out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace common::data
