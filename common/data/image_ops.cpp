#include "common/data/image_ops.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace common::data {
namespace {

using Table = std::array<std::uint8_t, 256>;

std::uint8_t cut(float value) {
  return static_cast<std::uint8_t>(value <= 0 ? 0 : value >= 255 ? 255 : value);
}

// From `from` by `factor` of the way to `to`, cut and rounded down, as PIL's blend.
std::uint8_t blend(int from, int to, float factor) {
  return cut(static_cast<float>(from) + factor * static_cast<float>(to - from));
}

// Grey by ITU-R BT.601, in parts of 65536, as PIL's conversion to "L".
int grey(const std::uint8_t* p) {
  return (19595 * p[0] + 38470 * p[1] + 7471 * p[2] + 0x8000) >> 16;
}

// A value for each of 256, the same in all channels.
template <class Of>
Table table(Of of) {
  Table values;
  for (int i = 0; i < 256; ++i) values[static_cast<std::size_t>(i)] = of(i);
  return values;
}

void look_up(RgbImage& image, const Table& values) {
  for (auto& v : image.rgb) v = values[v];
}

template <class Work>
void for_pixels(RgbImage& image, Work work) {
  for (std::uint8_t *p = image.rgb.data(), *end = p + image.rgb.size(); p != end; p += 3) work(p);
}

using Counts = std::array<std::int64_t, 256>;

// Gives each channel its own table, which `of` makes from how often each value is there.
template <class Of>
void look_up_by_counts(RgbImage& image, Of of) {
  std::array<Counts, 3> counts = {};
  for_pixels(image, [&](const std::uint8_t* p) {
    for (std::size_t c = 0; c < 3; ++c) ++counts[c][p[c]];
  });
  std::array<Table, 3> tables;
  for (std::size_t c = 0; c < 3; ++c) tables[c] = of(counts[c]);
  for_pixels(image, [&](std::uint8_t* p) {
    for (std::size_t c = 0; c < 3; ++c) p[c] = tables[c][p[c]];
  });
}

Table unchanged() {
  return table([](int i) { return static_cast<std::uint8_t>(i); });
}

}  // namespace

void change_brightness(RgbImage& image, double factor) {
  look_up(image, table([&](int i) { return blend(0, i, static_cast<float>(factor)); }));
}

void change_contrast(RgbImage& image, double factor) {
  std::int64_t sum = 0;
  for_pixels(image, [&](const std::uint8_t* p) { sum += grey(p); });
  const auto count = static_cast<double>(std::max<std::int64_t>(image.width * image.height, 1));
  const int mean = static_cast<int>(static_cast<double>(sum) / count + 0.5);
  look_up(image, table([&](int i) { return blend(mean, i, static_cast<float>(factor)); }));
}

void change_saturation(RgbImage& image, double factor) {
  for_pixels(image, [&](std::uint8_t* p) {
    const int level = grey(p);
    for (int c = 0; c < 3; ++c) p[c] = blend(level, p[c], static_cast<float>(factor));
  });
}

void change_sharpness(RgbImage& image, double factor, RgbImage& scratch) {
  const std::int64_t row = 3 * image.width;
  scratch = image;
  for (std::int64_t y = 1; y + 1 < image.height; ++y) {
    for (std::int64_t i = 3; i + 3 < row; ++i) {
      const std::uint8_t* const p = scratch.rgb.data() + y * row + i;
      int sum = 4 * p[0];
      for (const std::int64_t dy : {-row, std::int64_t{0}, row})
        sum += p[dy - 3] + p[dy] + p[dy + 3];
      // To the nearest; the border stays as it is.
      image.rgb[static_cast<std::size_t>(y * row + i)] =
          blend((2 * sum + 13) / 26, p[0], static_cast<float>(factor));
    }
  }
}

namespace {

struct Hsv {
  float h, s, v;  // 0..1, 0..1, 0..255
};

Hsv to_hsv(const std::uint8_t* p) {
  const int most = std::max({p[0], p[1], p[2]}), least = std::min({p[0], p[1], p[2]});
  const auto v = static_cast<float>(most), range = static_cast<float>(most - least);
  if (most == least) return {0, 0, v};
  const auto part = [&](int c) { return (v - static_cast<float>(p[c])) / range; };
  const float h = p[0] == most   ? part(2) - part(1)
                  : p[1] == most ? 2 + part(0) - part(2)
                                 : 4 + part(1) - part(0);
  return {h / 6 - std::floor(h / 6), range / v, v};
}

void from_hsv(const Hsv& from, std::uint8_t* p) {
  // Channel n is v less a share of v * s that follows a trapezoid along the circle.
  for (int c = 0; c < 3; ++c) {
    const float offset = c == 0 ? 5.0F : c == 1 ? 3.0F : 1.0F;
    const float k = std::fmod(offset + 6 * from.h, 6.0F);
    const float share = std::clamp(std::min(k, 4 - k), 0.0F, 1.0F);
    p[c] = cut(from.v - from.v * from.s * share + 0.5F);
  }
}

}  // namespace

void turn_hue(RgbImage& image, double turns) {
  // In whole 256ths, by which PIL stores hue.
  const float by = std::trunc(static_cast<float>(turns) * 255) / 256;
  for_pixels(image, [&](std::uint8_t* p) {
    Hsv hsv = to_hsv(p);
    hsv.h += by;
    hsv.h -= std::floor(hsv.h);
    from_hsv(hsv, p);
  });
}

void posterize(RgbImage& image, int bits) {
  const int mask = 0xFF << (8 - std::clamp(bits, 0, 8)) & 0xFF;
  look_up(image, table([&](int i) { return static_cast<std::uint8_t>(i & mask); }));
}

void solarize(RgbImage& image, double threshold) {
  look_up(image,
          table([&](int i) { return static_cast<std::uint8_t>(i < threshold ? i : 255 - i); }));
}

void autocontrast(RgbImage& image) {
  look_up_by_counts(image, [](const Counts& counts) {
    int low = 0, high = 255;
    while (low < 255 && counts[static_cast<std::size_t>(low)] == 0) ++low;
    while (high > 0 && counts[static_cast<std::size_t>(high)] == 0) --high;
    if (high <= low) return unchanged();
    const double scale = 255.0 / (high - low), offset = -low * scale;
    return table([&](int i) {
      return static_cast<std::uint8_t>(std::clamp(static_cast<int>(i * scale + offset), 0, 255));
    });
  });
}

void equalize(RgbImage& image) {
  look_up_by_counts(image, [](const Counts& counts) {
    std::int64_t sum = 0, last = 0;
    for (const auto count : counts) {
      sum += count;
      if (count > 0) last = count;
    }
    const std::int64_t step = (sum - last) / 255;  // the highest value is left out
    if (step == 0) return unchanged();
    std::int64_t before = step / 2;
    return table([&](int i) {
      const std::int64_t value = std::min<std::int64_t>(before / step, 255);
      before += counts[static_cast<std::size_t>(i)];
      return static_cast<std::uint8_t>(value);
    });
  });
}

void move_pixels(RgbImage& image, const AffineMap& map, RgbImage& scratch) {
  scratch = image;
  std::uint8_t* out = image.rgb.data();
  const auto w = static_cast<double>(image.width), h = static_cast<double>(image.height);
  for (std::int64_t row = 0; row < image.height; ++row) {
    for (std::int64_t column = 0; column < image.width; ++column, out += 3) {
      const double x = static_cast<double>(column) + 0.5, y = static_cast<double>(row) + 0.5;
      const double from_x = map.a * x + map.b * y + map.c, from_y = map.d * x + map.e * y + map.f;
      if (!(from_x >= 0 && from_x < w && from_y >= 0 && from_y < h)) {
        std::fill(out, out + 3, std::uint8_t{0});
        continue;
      }
      const std::int64_t at =
          static_cast<std::int64_t>(from_y) * image.width + static_cast<std::int64_t>(from_x);
      std::copy_n(scratch.rgb.data() + 3 * at, 3, out);
    }
  }
}

AffineMap rotation(double degrees, std::int64_t width, std::int64_t height) {
  const double angle = -degrees * std::numbers::pi / 180;
  const double x = static_cast<double>(width) / 2, y = static_cast<double>(height) / 2;
  AffineMap map;
  map.a = map.e = std::cos(angle);
  map.b = std::sin(angle);
  map.d = -map.b;
  map.c = x - map.a * x - map.b * y;
  map.f = y - map.d * x - map.e * y;
  return map;
}

}  // namespace common::data
