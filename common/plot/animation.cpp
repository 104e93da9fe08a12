// Animated WebP through WebPAnimEncoder.
#include "common/plot/animation.h"

#include <webp/encode.h>
#include <webp/mux.h>

#include "common/base/error.h"
#include "common/base/files.h"

namespace common::plot {
namespace {

constexpr int64_t kLargestSide = WEBP_MAX_DIMENSION;
constexpr int64_t kLongest_ms = 10'000'000;

struct FreeEncoder {
  void operator()(WebPAnimEncoder* encoder) const { WebPAnimEncoderDelete(encoder); }
};

// A WebPPicture that frees what it holds.
struct Frame {
  WebPPicture picture;
  Frame() {
    base::require(WebPPictureInit(&picture) != 0, "libwebp has another version than its headers");
  }
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;
  ~Frame() { WebPPictureFree(&picture); }
};

}  // namespace

struct Animation::Encoder {
  AnimationOptions options;
  WebPConfig config;
  std::unique_ptr<WebPAnimEncoder, FreeEncoder> webp;  // once the first frame tells the size
  int64_t width = 0;
  int64_t height = 0;
  int64_t frames = 0;
  int64_t time_ms = 0;  // when the next frame begins
  bool ended = false;

  void start(const Picture& first);
  std::string failure() const { return WebPAnimEncoderGetError(webp.get()); }
};

void Animation::Encoder::start(const Picture& first) {
  base::require(first.width >= 1 && first.height >= 1 && first.width <= kLargestSide &&
                    first.height <= kLargestSide,
                "animation: a frame of " + std::to_string(first.width) + " x " +
                    std::to_string(first.height) + " pixels, wanted 1 to " +
                    std::to_string(kLargestSide) + " each way");
  width = first.width;
  height = first.height;
  WebPAnimEncoderOptions webp_options;
  base::require(WebPAnimEncoderOptionsInit(&webp_options) != 0,
                "libwebpmux has another version than its headers");
  webp_options.anim_params.loop_count = static_cast<int>(options.loops);
  webp_options.anim_params.bgcolor = 0xFFFFFFFFu;
  webp.reset(WebPAnimEncoderNew(static_cast<int>(width), static_cast<int>(height), &webp_options));
  base::require(webp != nullptr, "animation: no memory for " + std::to_string(width) + " x " +
                                     std::to_string(height) + " pixels");
}

Animation::Animation(const AnimationOptions& options) : encoder_(std::make_unique<Encoder>()) {
  base::require(options.quality >= 0 && options.quality <= 100,
                "animation: quality " + std::to_string(options.quality) + ", wanted 0 to 100");
  base::require(
      options.loops >= 0 && options.loops <= 65535,
      "animation: " + std::to_string(options.loops) + " loops, wanted 0 (for ever) to 65535");
  encoder_->options = options;
  base::require(WebPConfigInit(&encoder_->config) != 0,
                "libwebp has another version than its headers");
  encoder_->config.lossless = options.lossless ? 1 : 0;
  encoder_->config.quality = static_cast<float>(options.quality);
  encoder_->config.method = options.lossless ? 2 : 4;  // 0 fast to 6 small
}

Animation::Animation(Animation&&) noexcept = default;
Animation& Animation::operator=(Animation&&) noexcept = default;
Animation::~Animation() = default;

void Animation::add(const Picture& frame, int64_t duration_ms) {
  Encoder& e = *encoder_;
  base::require(!e.ended, "animation: it was saved; frames go into a new one");
  base::require(duration_ms >= 1 && e.time_ms + duration_ms <= kLongest_ms,
                "animation: a frame of " + std::to_string(duration_ms) +
                    " ms, wanted at least 1 and no more than 10000 s in all");
  if (e.frames == 0) e.start(frame);
  base::require(frame.width == e.width && frame.height == e.height &&
                    static_cast<int64_t>(frame.rgb.size()) == e.width * e.height * 3,
                "animation: a frame of " + std::to_string(frame.width) + " x " +
                    std::to_string(frame.height) + " pixels after one of " +
                    std::to_string(e.width) + " x " + std::to_string(e.height) +
                    "; draw all at one size");
  Frame webp;
  webp.picture.use_argb = 1;
  webp.picture.width = static_cast<int>(e.width);
  webp.picture.height = static_cast<int>(e.height);
  base::require(
      WebPPictureImportRGB(&webp.picture, frame.rgb.data(), static_cast<int>(3 * e.width)) != 0,
      "animation: no memory for a frame");
  base::require(
      WebPAnimEncoderAdd(e.webp.get(), &webp.picture, static_cast<int>(e.time_ms), &e.config) != 0,
      "animation: libwebp refused a frame: " + e.failure());
  ++e.frames;
  e.time_ms += duration_ms;
}

int64_t Animation::frames() const { return encoder_->frames; }

std::string Animation::encode() {
  Encoder& e = *encoder_;
  base::require(e.frames > 0 && !e.ended, "animation: there are no frames to save");
  e.ended = true;
  WebPData data;
  WebPDataInit(&data);
  // An empty frame at the end gives the last real one its duration.
  const bool ok =
      WebPAnimEncoderAdd(e.webp.get(), nullptr, static_cast<int>(e.time_ms), nullptr) != 0 &&
      WebPAnimEncoderAssemble(e.webp.get(), &data) != 0;
  const std::string bytes =
      ok ? std::string(reinterpret_cast<const char*>(data.bytes), data.size) : std::string();
  WebPDataClear(&data);
  base::require(ok, "animation: libwebp could not assemble it: " + e.failure());
  return bytes;
}

void Animation::save(const std::filesystem::path& path) { base::write_file(path, encode()); }

}  // namespace common::plot
