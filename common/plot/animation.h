// Animated WebP through libwebpmux: frames in, one file out; browsers show it in an <img>.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "common/plot/picture.h"

namespace common::plot {

/// How an animation is stored and played.
struct AnimationOptions {
  bool lossless = true;  // exact pixels; best for charts and maps
  double quality =
      80;             // 0 to 100; lossy: of the picture, lossless: only the effort to make it small
  int64_t loops = 0;  // how often it plays; 0: for ever
};

/// An animation in the making. Frames are compressed as they come, so a long one fits in memory.
///   Animation animation;
///   for (...) animation.add(draw(map), /*duration_ms=*/80);
///   animation.save(folder / "boundary.webp");
class Animation {
 public:
  /// Errors: `Error` when quality or loops is out of range.
  explicit Animation(const AnimationOptions& options = {});
  Animation(Animation&&) noexcept;
  Animation& operator=(Animation&&) noexcept;
  ~Animation();

  /// Appends a frame that is shown for `duration_ms` milliseconds. A frame equal to the one before
  /// may be merged with it by the encoder; the times stay right.
  /// Errors: `Error` when its size differs from the first frame's or exceeds 16383 pixels, or the
  /// duration is not within 1 and 10,000,000; after `encode` or `save`.
  void add(const Picture& frame, int64_t duration_ms);

  /// Returns how many frames were added.
  int64_t frames() const;

  /// Returns the bytes of the file and ends the animation.
  /// Errors: `Error` when there is no frame.
  std::string encode();

  /// Writes the file aside and renames it; ends the animation.
  /// Errors: `Error` when there is no frame or the folder is missing or cannot be written.
  void save(const std::filesystem::path& path);

 private:
  struct Encoder;
  std::unique_ptr<Encoder> encoder_;
};

}  // namespace common::plot
