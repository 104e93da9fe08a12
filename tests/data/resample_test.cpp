// Resampling against torchvision's, its loops against each other, and reduced decoding.
#include "common/data/resample.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "common/base/random.h"
#include "common/data/image_transform.h"
#include "tests/data/make_jpeg.h"
#include "tests/data/recorded_images.h"
#include "tests/data/resampled.h"

namespace {
using namespace common::data;  // NOLINT: this file tests most of it
using common::base::Random;
using tests::largest_difference;
using tests::make_jpeg;
using tests::recorded;
using tests::resampled;
using Floats = std::vector<float>;

TEST(Resample, EqualsTorchvisionsAntialiasedCrops) {
  const std::string jpeg = tests::reference_file("image.jpg");
  const auto boxes = recorded<std::int64_t>("boxes").values;
  for (std::size_t i = 0; i < boxes.size() / 5; ++i) {
    const std::int64_t* const b = boxes.data() + 5 * i;
    const Floats crop = resampled(jpeg, {b[0], b[1], b[2], b[3]}, b[4]);
    const std::string name = "crop" + std::to_string(i);
    // Our columns are weighted in parts of 2^14, and nothing is rounded in between.
    EXPECT_LE(largest_difference(crop, recorded<float>(name + "_float").values), 0.05) << i;
    // PIL rounds after each of two passes.
    EXPECT_LE(largest_difference(crop, recorded<std::uint8_t>(name).values), 1.1) << i;
  }
}

TEST(Resample, PlainAndVectorLoopsAgree) {
  if (!common::base::has_vectors()) GTEST_SKIP() << "this processor has no vectors";
  const std::string jpeg = tests::reference_file("image.jpg");
  for (const std::int64_t size : {1, 2, 7, 24, 61, 128}) {
    for (const Region& part : {Region{0, 0, 120, 90}, Region{5, 9, 1, 1}, Region{31, 2, 17, 80}}) {
      const Floats plain = resampled(jpeg, part, size, 1, true, plain_image_loops());
      const Floats vectors = resampled(jpeg, part, size, 1, true, vector_image_loops());
      EXPECT_LE(largest_difference(plain, vectors), 1e-3) << size;
    }
  }
  Floats values;
  Random random(1);
  for (int i = 0; i < 1003; ++i) values.push_back(static_cast<float>(random.uniform(-20, 280)));
  values[5] = 254.5F;
  values[6] = 0.5F;
  std::vector<std::uint8_t> bytes(1003), bytes2(1003);
  std::vector<std::uint16_t> halves(1003), halves2(1003);
  Floats floats(999), floats2(999);
  const ImageLoops &plain = plain_image_loops(), &vectors = vector_image_loops();
  plain.to_bytes(values.data(), 1003, bytes.data());
  vectors.to_bytes(values.data(), 1003, bytes2.data());
  EXPECT_EQ(bytes, bytes2);
  EXPECT_EQ(bytes[5], 255);
  plain.to_bfloat16(values.data(), 1003, halves.data());
  vectors.to_bfloat16(values.data(), 1003, halves2.data());
  EXPECT_EQ(halves, halves2);
  const ChannelLines lines = {{1, 2, 3, 4}, {-1, 0, 5, 6}};
  plain.bytes_to_floats(bytes.data(), 333, lines, floats.data());
  vectors.bytes_to_floats(bytes.data(), 333, lines, floats2.data());
  EXPECT_LE(largest_difference(floats, floats2), 1e-4);
  EXPECT_FLOAT_EQ(floats[1], static_cast<float>(bytes[1]) * 2);
}

TEST(Resample, MirrorReversesColumns) {
  const std::string jpeg = tests::reference_file("image.jpg");
  const Region part = {13, 4, 50, 61};
  const Floats straight = resampled(jpeg, part, 33), mirrored = resampled(jpeg, part, 33, 1, true);
  Floats back(straight.size());
  for (std::size_t i = 0; i < straight.size(); ++i) {
    const std::size_t c = i % 3, x = i / 3 % 33, row = i / 99;
    back[row * 99 + (32 - x) * 3 + c] = mirrored[i];
  }
  EXPECT_LE(largest_difference(straight, back), 0.1);
}

TEST(Resample, AnEvenColourStaysWhatItIs) {
  // One colour from edge to edge: weights that do not sum to 1 would show.
  std::vector<std::uint8_t> white(4 * 61 * 47 + 16, 255);
  const DecodedPixels pixels = {white.data(), 4 * 61, {0, 0, 61, 47}};
  Resampler resampler;
  for (const std::int64_t size : {5, 31, 200}) {
    Floats out(static_cast<std::size_t>(3 * size * size));
    resampler.run(
        pixels, pixels.region, {0.7, 59.0 / static_cast<double>(size), size},
        {0, 47.0 / static_cast<double>(size), size}, false, ChannelLines{},
        [&](std::int64_t y) { return out.data() + 3 * size * y; },
        [](std::int64_t, const float*) {});
    for (const float v : out) ASSERT_NEAR(v, 255, 1e-3) << size;
  }
}

// A crop of twice the size and more is decoded at half: it stays as sharp, to the bounds here, as a
// whole decode that is resampled, and shows the same. The shortest wave has 19 pixels.
TEST(Resample, ReducedDecodingIsAsSharp) {
  const std::string jpeg = make_jpeg({.width = 640, .height = 480, .quality = 92});
  for (const Region& part : {Region{40, 30, 300, 300}, Region{101, 50, 470, 411}}) {
    const std::int64_t size = 128, shrink = shrink_for(part.width, part.height, size);
    ASSERT_EQ(shrink, 2);
    const Floats whole = resampled(jpeg, part, size), half = resampled(jpeg, part, size, shrink);
    double difference = 0, steps_whole = 0, steps_half = 0;
    for (std::size_t i = 0; i + 3 < whole.size(); ++i) {
      difference += std::abs(whole[i] - half[i]);
      steps_whole += std::abs(whole[i + 3] - whole[i]);
      steps_half += std::abs(half[i + 3] - half[i]);
    }
    EXPECT_LT(difference / static_cast<double>(whole.size()), 2.0);
    EXPECT_GT(steps_half / steps_whole, 0.97);
    EXPECT_LT(steps_half / steps_whole, 1.10);
  }
}

TEST(Shrink, KeepsAtLeastTheSize) {
  EXPECT_EQ(shrink_for(224, 224, 224), 1);
  EXPECT_EQ(shrink_for(447, 900, 224), 1);
  EXPECT_EQ(shrink_for(448, 448, 224), 2);
  EXPECT_EQ(shrink_for(5000, 896, 224), 4);
  EXPECT_EQ(shrink_for(5000, 1792, 224), 8);
}

}  // namespace
