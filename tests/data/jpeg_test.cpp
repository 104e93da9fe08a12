// Decoding: every kind of JPEG, parts of images, reduced sizes, and every way to be broken.
#include "common/data/jpeg.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "common/base/random.h"
#include "common/data/jpeg_encode.h"
#include "tests/data/expect_error.h"
#include "tests/data/make_jpeg.h"
#include "tests/data/recorded_images.h"

namespace {
using common::base::Random;
using common::data::DecodedPixels;
using common::data::JpegColours;
using common::data::JpegDecoder;
using common::data::JpegHeader;
using common::data::JpegLimits;
using common::data::read_jpeg_header;
using common::data::Region;
using tests::expect_error;
using tests::frame_at;
using tests::JpegKind;
using tests::make_jpeg;
using Bytes = std::vector<std::uint8_t>;

// The pixels without the fourth byte, [height, width, 3].
Bytes rgb_of(const DecodedPixels& pixels) {
  Bytes rgb;
  for (std::int64_t y = 0; y < pixels.region.height; ++y) {
    for (std::int64_t x = 0; x < pixels.region.width; ++x) {
      const std::uint8_t* const p = pixels.data + y * pixels.stride + 4 * x;
      rgb.insert(rgb.end(), p, p + 3);
    }
  }
  return rgb;
}

Bytes decode(const std::string& jpeg, std::int64_t shrink = 1, const JpegLimits& limits = {}) {
  JpegDecoder decoder(limits);
  const JpegHeader header = decoder.open(jpeg, "x.jpg");
  return rgb_of(decoder.decode({0, 0, header.width, header.height}, shrink));
}

int largest_difference(const Bytes& a, const Bytes& b) {
  EXPECT_EQ(a.size(), b.size());
  int most = a.size() == b.size() ? 0 : 256;
  for (std::size_t i = 0; i < a.size() && most < 256; ++i) {
    most = std::max(most, std::abs(int{a[i]} - int{b[i]}));
  }
  return most;
}

TEST(Jpeg, DecodesAsPilDoes) {
  const Bytes colours = tests::recorded<std::uint8_t>("decoded").values;
  EXPECT_LE(largest_difference(decode(tests::reference_file("image.jpg")), colours), 1);
  const Bytes ink = tests::recorded<std::uint8_t>("cmyk").values;
  EXPECT_LE(largest_difference(decode(tests::reference_file("image_cmyk.jpg")), ink), 1);
}

TEST(Jpeg, HeaderTellsSizeAndColours) {
  const auto header = [](const JpegKind& kind) { return read_jpeg_header(make_jpeg(kind), "x"); };
  JpegKind kind;
  kind.width = 71;
  kind.height = 5;
  EXPECT_EQ(header(kind).width, 71);
  EXPECT_EQ(header(kind).height, 5);
  EXPECT_EQ(header(kind).components, 3);
  EXPECT_EQ(header(kind).colours, JpegColours::kYcc);
  EXPECT_FALSE(header(kind).progressive);
  kind.progressive = true;
  EXPECT_TRUE(header(kind).progressive);
  kind.ycc = false;
  EXPECT_EQ(header(kind).colours, JpegColours::kRgb);
  kind.components = 1;
  EXPECT_EQ(header(kind).colours, JpegColours::kGrey);
  kind.components = 4;
  EXPECT_EQ(header(kind).colours, JpegColours::kCmyk);
  kind.ycc = true;
  EXPECT_EQ(header(kind).colours, JpegColours::kYcck);
  EXPECT_EQ(header(kind).components, 4);
}

TEST(Jpeg, GreyBecomesThreeEqualColours) {
  JpegKind kind;
  kind.components = 1;
  const Bytes grey = decode(make_jpeg(kind));
  ASSERT_EQ(grey.size(), 48u * 32 * 3);
  EXPECT_GT(
      *std::max_element(grey.begin(), grey.end()) - *std::min_element(grey.begin(), grey.end()),
      150);
  for (std::size_t i = 0; i < grey.size(); i += 3) {
    ASSERT_TRUE(grey[i] == grey[i + 1] && grey[i] == grey[i + 2]) << i;
  }
}

// Adobe's CMYK holds 255 for no ink, so that full light in all four is white.
TEST(Jpeg, InkOfBothKindsBecomesLight) {
  JpegKind kind;
  kind.components = 4;
  kind.across = kind.down = 1;
  kind.quality = 100;
  for (const bool ycc : {false, true}) {
    kind.ycc = ycc;
    std::string jpeg = make_jpeg(kind);
    const Bytes inverted = decode(jpeg);
    const std::size_t adobe = jpeg.find("Adobe");
    ASSERT_NE(adobe, std::string::npos);
    const auto wave = [&](int c, double x, double y) {
      return std::floor(127 + 60 * (std::sin(x / (3 + 4 * c)) + std::cos(y / (9 - 2 * c))));
    };
    for (int c = 0; c < 3; ++c) {  // the pixel (20, 10)
      const double light = wave(c, 20, 10) * wave(3, 20, 10) / 255;
      EXPECT_NEAR(inverted[static_cast<std::size_t>((10 * 48 + 20) * 3 + c)], light, 3) << ycc << c;
    }
    if (ycc) continue;
    jpeg.replace(adobe, 5, "adobe");  // no longer Adobe's: 0 is no ink
    const Bytes plain = decode(jpeg);
    for (int c = 0; c < 3; ++c) {
      const double light = (255 - wave(c, 20, 10)) * (255 - wave(3, 20, 10)) / 255;
      EXPECT_NEAR(plain[static_cast<std::size_t>((10 * 48 + 20) * 3 + c)], light, 3) << c;
    }
  }
}

// Any part at any reduction equals that part of the whole, to the bit.
void expect_parts_equal_the_whole(const JpegKind& kind, Random& random) {
  const std::string jpeg = make_jpeg(kind);
  JpegDecoder decoder, whole_decoder;
  const auto below = [&](std::int64_t n) {
    return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(n)));
  };
  for (int trial = 0; trial < 24; ++trial) {
    const std::int64_t shrink = std::int64_t{1} << below(4);
    Region part;
    part.left = below(kind.width);
    part.top = below(kind.height);
    part.width = 1 + below(kind.width - part.left);
    part.height = 1 + below(kind.height - part.top);
    whole_decoder.open(jpeg, "whole");
    const DecodedPixels whole = whole_decoder.decode({0, 0, kind.width, kind.height}, shrink);
    decoder.open(jpeg, "part");
    const DecodedPixels got = decoder.decode(part, shrink);
    const Region& at = got.region;
    ASSERT_EQ(at.left, part.left / shrink);
    ASSERT_EQ(at.left + at.width, (part.left + part.width + shrink - 1) / shrink);
    ASSERT_EQ(at.top + at.height, (part.top + part.height + shrink - 1) / shrink);
    for (std::int64_t y = 0; y < at.height; ++y) {
      for (std::int64_t x = 0; x < at.width; ++x) {
        const std::uint8_t* const p = got.data + y * got.stride + 4 * x;
        const std::uint8_t* const q = whole.data + (at.top + y) * whole.stride + 4 * (at.left + x);
        ASSERT_TRUE(std::equal(p, p + 3, q))
            << "pixel " << x << ", " << y << " of " << at.width << " x " << at.height << " from "
            << at.left << ", " << at.top << " at 1/" << shrink << ", sampling " << kind.across
            << " x " << kind.down << ", components " << kind.components << ", progressive "
            << kind.progressive;
      }
    }
  }
}

TEST(Jpeg, PartsEqualTheWholeToTheBit) {
  Random random(3);
  for (const auto& [across, down] : {std::pair{1, 1}, {2, 1}, {1, 2}, {2, 2}, {4, 1}, {4, 2}}) {
    for (const bool progressive : {false, true}) {
      JpegKind kind;
      kind.width = 151;
      kind.height = 113;
      kind.across = across;
      kind.down = down;
      kind.progressive = progressive;
      expect_parts_equal_the_whole(kind, random);
    }
  }
  JpegKind kind;
  kind.width = 90;
  kind.height = 70;
  for (const int components : {1, 4}) {
    kind.components = components;
    kind.restart = components;
    expect_parts_equal_the_whole(kind, random);
  }
  JpegKind thin;  // narrower and lower than a block
  thin.width = 3;
  thin.height = 2;
  expect_parts_equal_the_whole(thin, random);
}

TEST(Jpeg, ReducedSizesKeepTheImage) {
  JpegKind kind;
  kind.width = 160;
  kind.height = 96;
  const std::string jpeg = make_jpeg(kind);
  const Bytes whole = decode(jpeg);
  for (const std::int64_t shrink : {2, 4}) {
    const Bytes reduced = decode(jpeg, shrink);
    const std::int64_t width = 160 / shrink, height = 96 / shrink;
    ASSERT_EQ(reduced.size(), static_cast<std::size_t>(3 * width * height));
    double sum = 0;  // of the differences from the mean of the pixels that each stands for
    for (std::int64_t i = 0; i < 3 * width * height; ++i) {
      const std::int64_t c = i % 3, x = i / 3 % width, y = i / 3 / width;
      double mean = 0;
      for (std::int64_t k = 0; k < shrink * shrink; ++k) {
        const std::int64_t row = y * shrink + k / shrink, column = x * shrink + k % shrink;
        mean += whole[static_cast<std::size_t>((row * 160 + column) * 3 + c)];
      }
      mean /= static_cast<double>(shrink * shrink);
      sum += std::abs(reduced[static_cast<std::size_t>(i)] - mean);
    }
    EXPECT_LT(sum / static_cast<double>(reduced.size()), 2.5) << shrink;
  }
}

TEST(Jpeg, WhatIsCutShortIsRefusedUnlessLenient) {
  JpegKind kind;
  kind.width = kind.height = 120;
  for (const bool progressive : {false, true}) {
    kind.progressive = progressive;
    const std::string jpeg = make_jpeg(kind), half = jpeg.substr(0, jpeg.size() * 2 / 3);
    expect_error("x.jpg: Premature end of JPEG file", [&] { decode(half); });
    JpegLimits lenient;
    lenient.lenient = true;
    const Bytes shown = decode(half, 1, lenient), whole = decode(jpeg);
    ASSERT_EQ(shown.size(), whole.size());
    if (!progressive) {
      EXPECT_TRUE(std::equal(shown.begin(), shown.begin() + 3 * 120 * 40, whole.begin()));
    }
    EXPECT_NE(shown, whole);
  }
}

TEST(Jpeg, DamageBelowThePartIsNotLookedAt) {
  JpegKind kind;
  kind.width = kind.height = 120;
  const std::string jpeg = make_jpeg(kind), half = jpeg.substr(0, jpeg.size() * 2 / 3);
  JpegDecoder decoder;
  decoder.open(half, "x.jpg");
  EXPECT_EQ(decoder.decode({10, 0, 100, 20}).region.height, 20);
  decoder.open(half, "x.jpg");
  expect_error("Premature end", [&] { decoder.decode({10, 90, 100, 30}); });
}

TEST(Jpeg, EveryCutIsAnErrorOrAnImage) {
  JpegKind kind;
  kind.width = kind.height = 24;
  const std::string jpeg = make_jpeg(kind);
  JpegDecoder decoder;
  for (std::size_t length = 0; length + 2 < jpeg.size(); ++length) {
    expect_error("x.jpg: ", [&] {
      const std::string cut = jpeg.substr(0, length);
      decoder.open(cut, "x.jpg");
      decoder.decode({0, 0, 24, 24});
    });
  }
  decoder.open(jpeg, "x.jpg");  // after all this it still works
  EXPECT_EQ(rgb_of(decoder.decode({0, 0, 24, 24})), decode(jpeg));
}

std::string with_size(std::string jpeg, int width, int height) {
  const std::size_t at = frame_at(jpeg) + 5;
  for (const auto& [offset, value] : {std::pair{0, height}, {2, width}}) {
    jpeg[at + static_cast<std::size_t>(offset)] = static_cast<char>(value >> 8);
    jpeg[at + static_cast<std::size_t>(offset) + 1] = static_cast<char>(value & 0xFF);
  }
  return jpeg;
}

TEST(Jpeg, AHugeHeaderCostsNothing) {
  JpegKind kind;
  for (const bool progressive : {false, true}) {
    kind.progressive = progressive;
    const std::string huge = with_size(make_jpeg(kind), 65500, 65500);
    const auto start = std::chrono::steady_clock::now();
    expect_error("x.jpg: its header tells of 65500 x 65500 pixels, the limit is 100000000",
                 [&] { decode(huge); });
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(500));
    JpegLimits small;
    small.most_pixels = 48 * 32;
    EXPECT_NO_THROW(decode(make_jpeg(kind), 1, small));
    small.most_pixels -= 1;
    expect_error("48 x 32 pixels, the limit is 1535", [&] { decode(make_jpeg(kind), 1, small); });
  }
}

TEST(Jpeg, SaysWhatElseAFileIs) {
  expect_error("x: is empty", [] { read_jpeg_header("", "x"); });
  expect_error("x: is a PNG, wanted a JPEG", [] { read_jpeg_header("\x89PNG\r\n", "x"); });
  expect_error("x: is a GIF", [] { read_jpeg_header("GIF89a", "x"); });
  expect_error("x: is a WebP", [] { read_jpeg_header("RIFF1234WEBP", "x"); });
  expect_error("x: is no JPEG", [] { read_jpeg_header("<html>", "x"); });
  expect_error("x: is no JPEG", [] { read_jpeg_header(std::string(100, '\0'), "x"); });
  expect_error("is no JPEG", [] { read_jpeg_header("\xFF\xD8", ""); });
}

TEST(Jpeg, RefusesRareKindsByName) {
  JpegKind kind;
  kind.arithmetic = true;
  expect_error("arithmetic coding", [&] { decode(make_jpeg(kind)); });
  std::string jpeg = make_jpeg();
  const std::size_t frame = frame_at(jpeg);
  jpeg[frame + 1] = '\xC3';
  expect_error("lossless", [&] { decode(jpeg); });
  jpeg[frame + 1] = '\xC5';
  expect_error("hierarchical", [&] { decode(jpeg); });
  jpeg[frame + 1] = '\xC1';
  jpeg[frame + 4] = 12;
  expect_error("12", [&] { decode(jpeg); });
  jpeg = make_jpeg();
  jpeg[frame + 5] = jpeg[frame + 6] = 0;  // no rows
  expect_error("x.jpg: ", [&] { decode(jpeg); });
}

TEST(Jpeg, RefusesMoreScansThanTheLimit) {
  JpegKind kind;
  kind.progressive = true;
  JpegLimits limits;
  limits.most_scans = 3;
  expect_error("x.jpg: it has more than 3 scans", [&] { decode(make_jpeg(kind), 1, limits); });
  limits.most_scans = 10;
  EXPECT_NO_THROW(decode(make_jpeg(kind), 1, limits));
}

TEST(Jpeg, DecodesOncePerOpenAndWithinTheImage) {
  JpegDecoder decoder;
  EXPECT_THROW(decoder.decode({0, 0, 1, 1}), std::logic_error);
  const std::string jpeg = make_jpeg();
  decoder.open(jpeg, "x");
  EXPECT_THROW(decoder.decode({0, 0, 49, 32}), std::logic_error);
  EXPECT_THROW(decoder.decode({-1, 0, 4, 4}), std::logic_error);
  EXPECT_THROW(decoder.decode({0, 0, 0, 4}), std::logic_error);
  EXPECT_THROW(decoder.decode({0, 0, 4, 4}, 3), std::logic_error);
  decoder.decode({0, 0, 4, 4});
  EXPECT_THROW(decoder.decode({0, 0, 4, 4}), std::logic_error);
}

TEST(Jpeg, EncodesWhatItDecodes) {
  JpegKind kind;
  const Bytes pixels = decode(make_jpeg(kind));
  const common::data::RgbImage image{48, 32, pixels};
  EXPECT_LE(largest_difference(decode(common::data::encode_jpeg(image, 98)), pixels), 24);
  EXPECT_LT(common::data::encode_jpeg(image, 20).size(),
            common::data::encode_jpeg(image, 95).size());
  expect_error("cannot make a JPEG", [] { common::data::encode_jpeg({}, 90); });
}

}  // namespace
