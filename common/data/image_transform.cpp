#include "common/data/image_transform.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/data/resample.h"

namespace common::data {
using base::require;

std::int64_t pixel_bytes(PixelType type) {
  switch (type) {
    case PixelType::kBfloat16:
      return 2;
    case PixelType::kUint8:
      return 1;
    default:
      return 4;
  }
}

void require_valid(const ImageTransform& t) {
  const auto check = [](bool ok, const std::string& wanted, double found) {
    require(ok, "image transform: wanted " + wanted + ", found " + std::to_string(found));
  };
  check(t.size >= 1 && t.size <= 8192, "a size from 1 to 8192", static_cast<double>(t.size));
  check(t.augment || (t.shorter >= t.size && t.shorter <= 16384),
        "a shorter side from the size (" + std::to_string(t.size) + ") to 16384",
        static_cast<double>(t.shorter));
  check(t.crop.least_area > 0 && t.crop.least_area <= t.crop.most_area && t.crop.most_area <= 1,
        "areas with 0 < least <= most <= 1", t.crop.least_area);
  check(t.crop.least_ratio >= 0.01 && t.crop.least_ratio <= t.crop.most_ratio &&
            t.crop.most_ratio <= 100,
        "ratios with 0.01 <= least <= most <= 100", t.crop.least_ratio);
  check(t.flip >= 0 && t.flip <= 1, "a probability of flips from 0 to 1", t.flip);
  for (const double x : {t.jitter.brightness, t.jitter.contrast, t.jitter.saturation}) {
    check(x >= 0 && x <= 10, "jitter of brightness, contrast and saturation from 0 to 10", x);
  }
  check(t.jitter.hue >= 0 && t.jitter.hue <= 0.5, "jitter of hue from 0 to 0.5", t.jitter.hue);
  const RandAugment& r = t.rand_augment;
  check(r.operations >= 0 && r.operations <= 100, "0 to 100 operations of RandAugment",
        static_cast<double>(r.operations));
  check(r.bins >= 2 && r.magnitude >= 0 && r.magnitude < r.bins,
        "a magnitude of RandAugment from 0 to its bins - 1", static_cast<double>(r.magnitude));
  for (const double x : t.deviation) check(x > 0 && x < 1e6, "deviations above 0", x);
  for (const double x : t.mean) check(std::abs(x) < 1e6, "finite means", x);
}

std::int64_t shrink_for(std::int64_t width, std::int64_t height, std::int64_t size) {
  for (const std::int64_t shrink : {8, 4, 2}) {
    if (width >= size * shrink && height >= size * shrink) return shrink;
  }
  return 1;
}

namespace {

// (value / 255 - mean) / deviation as a line.
ChannelLines normalisation(const ImageTransform& t) {
  ChannelLines lines;
  for (std::size_t c = 0; c < 3 && t.type != PixelType::kUint8; ++c) {
    lines.scale[c] = static_cast<float>(1 / (255 * t.deviation[c]));
    lines.shift[c] = static_cast<float>(-t.mean[c] / t.deviation[c]);
  }
  return lines;
}

// What is taken from an image: axes in its pixels, and the pixels that they may look at.
struct View {
  Axis columns, rows;
  Region bounds;
  bool mirror = false;
};

View random_view(const JpegHeader& header, const ImageTransform& t, base::Random& random) {
  View view;
  const Region r = random_crop(header.width, header.height, t.crop, random);
  const auto axis = [&](std::int64_t begin, std::int64_t length) {
    return Axis{static_cast<double>(begin),
                static_cast<double>(length) / static_cast<double>(t.size), t.size};
  };
  view.columns = axis(r.left, r.width);
  view.rows = axis(r.top, r.height);
  view.bounds = r;
  view.mirror = random.uniform() < t.flip;
  return view;
}

// The pixels that an axis depends on, of `length`.
std::pair<std::int64_t, std::int64_t> reach(const Axis& axis, std::int64_t length) {
  const double beyond = std::max(axis.step, 1.0) - axis.step / 2;
  const double end = axis.begin + static_cast<double>(axis.output) * axis.step;
  const auto low = static_cast<std::int64_t>(std::floor(axis.begin - beyond));
  const auto high = static_cast<std::int64_t>(std::ceil(end + beyond));
  return {std::clamp<std::int64_t>(low, 0, length - 1), std::clamp<std::int64_t>(high, 1, length)};
}

View centre_view(const JpegHeader& header, const ImageTransform& t) {
  const CentreCrop crop = centre_crop(header.width, header.height, t.shorter, t.size);
  View view;
  view.columns = {crop.left, crop.column_step, t.size};
  view.rows = {crop.top, crop.row_step, t.size};
  const auto [left, right] = reach(view.columns, header.width);
  const auto [top, bottom] = reach(view.rows, header.height);
  view.bounds = {left, top, right - left, bottom - top};
  return view;
}

Axis shrunk(Axis axis, std::int64_t by) {
  axis.begin /= static_cast<double>(by);
  axis.step /= static_cast<double>(by);
  return axis;
}

}  // namespace

struct ImageMaker::State {
  State(const ImageTransform& t, const ImageLoops& with)
      : transform(t), loops(with), lines(normalisation(t)), decoder(t.limits), resampler(with) {
    image.width = image.height = t.size;
    image.rgb.resize(static_cast<std::size_t>(numbers()));
    row.resize(static_cast<std::size_t>(3 * t.size));
  }

  std::int64_t numbers() const { return 3 * transform.size * transform.size; }

  void resample_to(const DecodedPixels& pixels, const View& view, PixelType type,
                   const ChannelLines& through, void* out);
  void augment_to(const DecodedPixels& pixels, const View& view, base::Random& random, void* out);

  const ImageTransform transform;
  const ImageLoops& loops;
  const ChannelLines lines;
  JpegDecoder decoder;
  Resampler resampler;
  RgbImage image, scratch;  // where jitter and RandAugment work
  std::vector<float> row;   // [size, 3]
};

void ImageMaker::State::resample_to(const DecodedPixels& pixels, const View& view, PixelType type,
                                    const ChannelLines& through, void* out) {
  const std::int64_t count = 3 * transform.size;
  const auto row_of = [&](std::int64_t y) {
    return type == PixelType::kFloat32 ? static_cast<float*>(out) + y * count : row.data();
  };
  const auto row_done = [&](std::int64_t y, const float* values) {
    if (type == PixelType::kBfloat16) {
      loops.to_bfloat16(values, count, static_cast<std::uint16_t*>(out) + y * count);
    } else if (type == PixelType::kUint8) {
      loops.to_bytes(values, count, static_cast<std::uint8_t*>(out) + y * count);
    }
  };
  resampler.run(pixels, pixels.region, view.columns, view.rows, view.mirror, through, row_of,
                row_done);
}

void ImageMaker::State::augment_to(const DecodedPixels& pixels, const View& view,
                                   base::Random& random, void* out) {
  const ImageTransform& t = transform;
  resample_to(pixels, view, PixelType::kUint8, ChannelLines{}, image.rgb.data());
  rand_augment(image, t.rand_augment, random, scratch);
  if (!t.jitter.none()) jitter_colours(image, t.jitter, random);
  if (t.type == PixelType::kUint8) {
    std::copy(image.rgb.begin(), image.rgb.end(), static_cast<std::uint8_t*>(out));
    return;
  }
  for (std::int64_t y = 0, n = 3 * t.size; y < t.size; ++y) {
    const bool wide = t.type == PixelType::kFloat32;
    float* const to = wide ? static_cast<float*>(out) + y * n : row.data();
    loops.bytes_to_floats(image.rgb.data() + y * n, t.size, lines, to);
    if (!wide) loops.to_bfloat16(to, n, static_cast<std::uint16_t*>(out) + y * n);
  }
}

ImageMaker::ImageMaker(const ImageTransform& transform, const ImageLoops& loops) {
  require_valid(transform);
  state_ = std::make_unique<State>(transform, loops);
}
ImageMaker::~ImageMaker() = default;
ImageMaker::ImageMaker(ImageMaker&&) noexcept = default;
ImageMaker& ImageMaker::operator=(ImageMaker&&) noexcept = default;

void ImageMaker::make(std::string_view bytes, std::string_view where, base::Random& random,
                      void* out) {
  State& s = *state_;
  const ImageTransform& t = s.transform;
  const JpegHeader& header = s.decoder.open(bytes, where);
  View view = t.augment ? random_view(header, t, random) : centre_view(header, t);
  const auto pixels_of = [&](const Axis& axis) {
    return static_cast<std::int64_t>(axis.step * static_cast<double>(t.size));
  };
  const std::int64_t shrink =
      t.reduce ? shrink_for(pixels_of(view.columns), pixels_of(view.rows), t.size) : 1;
  const DecodedPixels pixels = s.decoder.decode(view.bounds, shrink);
  view.columns = shrunk(view.columns, shrink);
  view.rows = shrunk(view.rows, shrink);
  if (t.augment && (t.rand_augment.operations > 0 || !t.jitter.none())) {
    s.augment_to(pixels, view, random, out);
  } else {
    s.resample_to(pixels, view, t.type, s.lines, out);
  }
}

}  // namespace common::data
