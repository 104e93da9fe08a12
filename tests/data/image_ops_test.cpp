// Crops and colour operations against torchvision's and PIL's, and what RandAugment draws.
#include "common/data/image_ops.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "common/data/image_crop.h"
#include "common/data/rand_augment.h"
#include "tests/data/recorded_images.h"

namespace {
using common::base::Random;
using common::data::Augmentation;
using common::data::ImageJitter;
using common::data::random_crop;
using common::data::RandomCrop;
using common::data::Region;
using common::data::RgbImage;
using tests::recorded;

RgbImage canvas() { return {32, 24, recorded<std::uint8_t>("canvas").values}; }

std::string text_of(const RgbImage& image) { return {image.rgb.begin(), image.rgb.end()}; }

// How far an image is from the recorded one of this name.
struct Distance {
  int most = 0;        // over all numbers
  double changed = 0;  // the share of numbers that differ
};

Distance distance(const RgbImage& image, const std::string& name) {
  const auto wanted = recorded<std::uint8_t>(name).values;
  EXPECT_EQ(image.rgb.size(), wanted.size()) << name;
  Distance d;
  for (std::size_t i = 0; i < std::min(wanted.size(), image.rgb.size()); ++i) {
    const int by = std::abs(int{image.rgb[i]} - int{wanted[i]});
    d.most = std::max(d.most, by);
    d.changed += by > 0 ? 1.0 / static_cast<double>(wanted.size()) : 0;
  }
  return d;
}

TEST(ImageOps, EqualTorchvisionsOperations) {
  const std::map<std::string, Augmentation> all = {{"Identity", Augmentation::kIdentity},
                                                   {"ShearX", Augmentation::kShearX},
                                                   {"ShearY", Augmentation::kShearY},
                                                   {"TranslateX", Augmentation::kTranslateX},
                                                   {"TranslateY", Augmentation::kTranslateY},
                                                   {"Rotate", Augmentation::kRotate},
                                                   {"Brightness", Augmentation::kBrightness},
                                                   {"Color", Augmentation::kColour},
                                                   {"Contrast", Augmentation::kContrast},
                                                   {"Sharpness", Augmentation::kSharpness},
                                                   {"Posterize", Augmentation::kPosterize},
                                                   {"Solarize", Augmentation::kSolarize},
                                                   {"AutoContrast", Augmentation::kAutocontrast},
                                                   {"Equalize", Augmentation::kEqualize}};
  ASSERT_EQ(static_cast<std::int64_t>(all.size()), common::data::kAugmentations);
  const std::vector<std::string> one_sided = {"Identity", "Posterize", "Solarize", "AutoContrast",
                                              "Equalize"};
  RgbImage scratch;
  for (const auto& [name, which] : all) {
    for (const bool negative : {false, true}) {
      const bool one = std::find(one_sided.begin(), one_sided.end(), name) != one_sided.end();
      if (negative && one) continue;
      RgbImage image = canvas();
      common::data::apply_augmentation(image, which, 9.0 / 30, negative, scratch);
      const Distance d = distance(image, name + (negative ? "-" : ""));
      const bool moves = name.rfind("Shear", 0) == 0 || name == "Rotate";
      // PIL moves pixels in 16-bit fractions: of a few another neighbour is the nearest.
      if (moves) {
        EXPECT_LE(d.changed, 0.01) << name << negative;
      } else {
        EXPECT_LE(d.most, 1) << name << negative;
        EXPECT_LE(d.changed, 0.02) << name << negative;
      }
      if (name != "Identity") {
        EXPECT_NE(image.rgb, canvas().rgb) << name;
      }
    }
  }
}

TEST(ImageOps, JitterEqualsTorchvisions) {
  const auto check = [](const std::string& name, double value, auto change, int most) {
    RgbImage image = canvas();
    change(image, value);
    char text[16];
    std::snprintf(text, sizeof text, "%g", value);
    const Distance d = distance(image, name + text);
    EXPECT_LE(d.most, most) << name << value;
  };
  for (const double factor : {0.3, 1.7}) {
    check("brightness", factor, common::data::change_brightness, 1);
    check("contrast", factor, common::data::change_contrast, 1);
    check("saturation", factor, common::data::change_saturation, 1);
  }
  // PIL stores hue and saturation in 8 bits, we do not.
  for (const double turns : {-0.2, 0.35}) check("hue", turns, common::data::turn_hue, 6);
}

TEST(ImageOps, JitterDrawsFactorsWithinItsRange) {
  ImageJitter jitter;
  EXPECT_TRUE(jitter.none());
  jitter.brightness = 0.4;
  double least = 9, most = 0, sum = 0;
  Random random(8);
  for (int i = 0; i < 2000; ++i) {
    RgbImage image{1, 1, {100, 100, 100}};
    common::data::jitter_colours(image, jitter, random);
    least = std::min(least, image.rgb[0] / 100.0);
    most = std::max(most, image.rgb[0] / 100.0);
    sum += image.rgb[0] / 100.0;
  }
  EXPECT_NEAR(least, 0.6, 0.015);
  EXPECT_NEAR(most, 1.4, 0.015);
  EXPECT_NEAR(sum / 2000, 1, 0.02);  // 4 standard errors of 0.4 / sqrt(3 * 2000), and rounding
}

TEST(ImageOps, RandAugmentDrawsEveryOperation) {
  common::data::RandAugment how;
  RgbImage scratch;
  std::map<std::string, int> results;  // how often each image came out
  Random random(4);
  how.operations = 1;
  for (int i = 0; i < 1500; ++i) {
    RgbImage image = canvas();
    common::data::rand_augment(image, how, random, scratch);
    ++results[text_of(image)];
  }
  EXPECT_EQ(results.size(), 14u + 9);  // nine have two directions
  EXPECT_NEAR(results[text_of(canvas())], 1500.0 / 14, 45);
  how.operations = 0;
  RgbImage image = canvas();
  common::data::rand_augment(image, how, random, scratch);
  EXPECT_EQ(image.rgb, canvas().rgb);
}

TEST(ImageOps, EvenImagesStayAsTheyAre) {
  RgbImage image{3, 2, std::vector<std::uint8_t>(18, 77)}, scratch;
  common::data::autocontrast(image);
  common::data::equalize(image);
  common::data::change_contrast(image, 1.5);
  common::data::change_sharpness(image, 1.5, scratch);
  EXPECT_EQ(image.rgb, std::vector<std::uint8_t>(18, 77));
}

// --- crops
// ----------------------------------------------------------------------------------------

TEST(RandomCrop, FollowsTorchvisionsDistribution) {
  constexpr int kDraws = 20000;
  for (const auto& [width, height] : {std::pair{500, 375}, {300, 40}, {40, 300}}) {
    const auto wanted = recorded<double>("draws" + std::to_string(width)).values;
    ASSERT_EQ(wanted.size(), 8u);
    std::array<double, 4> sum = {}, squares = {};
    Random random(21);
    for (int i = 0; i < kDraws; ++i) {
      const Region r = random_crop(width, height, RandomCrop{}, random);
      ASSERT_TRUE(r.left >= 0 && r.top >= 0 && r.width >= 1 && r.height >= 1 &&
                  r.left + r.width <= width && r.top + r.height <= height);
      const double w = static_cast<double>(r.width), h = static_cast<double>(r.height);
      const std::array<double, 4> values = {w * h / (width * height), std::log(w / h),
                                            static_cast<double>(r.left) / width,
                                            static_cast<double>(r.top) / height};
      for (std::size_t k = 0; k < 4; ++k) {
        sum[k] += values[k];
        squares[k] += values[k] * values[k];
      }
    }
    for (std::size_t k = 0; k < 4; ++k) {
      const double mean = sum[k] / kDraws;
      const double deviation = std::sqrt(squares[k] / kDraws - mean * mean);
      // Four standard errors of the difference of two means of as many draws.
      EXPECT_NEAR(mean, wanted[k], 4 * wanted[4 + k] * std::sqrt(2.0 / kDraws))
          << width << " " << k;
      EXPECT_NEAR(deviation / wanted[4 + k], 1, 0.04) << width << " " << k;
    }
  }
}

TEST(RandomCrop, FallsBackToTheCentre) {
  Random random(1);
  const Region wide = random_crop(1000, 10, RandomCrop{0.9, 1, 0.75, 4.0 / 3}, random);
  EXPECT_EQ(wide.width, 13);
  EXPECT_EQ(wide.height, 10);
  EXPECT_EQ(wide.left, (1000 - 13) / 2);
  EXPECT_EQ(wide.top, 0);
  const Region high = random_crop(30, 900, RandomCrop{0.9, 1, 0.75, 4.0 / 3}, random);
  EXPECT_EQ(high.width, 30);
  EXPECT_EQ(high.height, 40);
  EXPECT_EQ(high.top, 430);
  const Region dot = random_crop(1, 1, RandomCrop{}, random);
  EXPECT_EQ(dot.width * dot.height, 1);
}

}  // namespace
