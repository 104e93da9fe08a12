// Colour jitter and rotation: known pictures, and factors and angles of the right distribution.
#include "common/data/augment.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "tests/data/statistics.h"

namespace {
using namespace common::data;  // all that augment.h declares
using namespace tests;
using at::Tensor;
using common::base::Random;

Tensor random_pictures(int64_t count) {
  at::manual_seed(1);
  return at::rand({count, 3, 4, 5}, at::kDouble);
}

Tensor grey(const Tensor& x) {                                                      // ITU-R BT.601
  return 0.299 * x.select(1, 0) + 0.587 * x.select(1, 1) + 0.114 * x.select(1, 2);  // [B, H, W]
}

TEST(ColourJitter, OfNothingIsNothing) {
  Random random(1);
  const Tensor images = random_pictures(4);
  EXPECT_TRUE(at::equal(colour_jitter(images, {}, random), images));
}

TEST(ColourJitter, StaysInRange) {
  Random random(1);
  const Tensor images = random_pictures(200);
  for (const ColourJitter& how : {ColourJitter{0.9, 0.9, 0.9}, ColourJitter{0.9, 0, 0},
                                  ColourJitter{0, 0.9, 0}, ColourJitter{0, 0, 0.9}}) {
    const Tensor result = colour_jitter(images, how, random);
    EXPECT_GE(result.min().item<double>(), 0);
    EXPECT_EQ(result.max().item<double>(), 1);  // some had to be held back
  }
}

// Expects factors that are spread evenly over [1 - most, 1 + most].
void expect_factors(const Tensor& factors, double most) {
  const auto f = values(factors);
  EXPECT_NEAR(*std::min_element(f.begin(), f.end()), 1 - most, 0.01 * most);
  EXPECT_NEAR(*std::max_element(f.begin(), f.end()), 1 + most, 0.01 * most);
  EXPECT_GE(*std::min_element(f.begin(), f.end()), 1 - most - 1e-9);
  EXPECT_LE(*std::max_element(f.begin(), f.end()), 1 + most + 1e-9);
  EXPECT_NEAR(mean_of(f), 1, 4 * most / std::sqrt(3.0 * static_cast<double>(f.size())));
  EXPECT_NEAR(variance_of(f), most * most / 3, 0.1 * most * most / 3);
}

TEST(ColourJitter, ScalesBrightnessContrastAndSaturation) {
  const int64_t B = 3'000;
  const Tensor images = 0.45 + 0.1 * random_pictures(B);  // far from 0 and 1: nothing is clamped
  const double most = 0.5;
  Random random(2);
  // Reads an image's factor off one pixel and expects it of all; `centre` is what stays.
  const auto check = [&](const ColourJitter& how, const Tensor& centre) {
    const Tensor result = colour_jitter(images, how, random);
    const Tensor before = images - centre, after = result - centre;
    const Tensor strongest = before.view({B, -1}).abs().argmax(1, true);  // [B, 1]
    const Tensor factors =
        (after.reshape({B, -1}).gather(1, strongest) / before.view({B, -1}).gather(1, strongest));
    EXPECT_TRUE(at::allclose(after, before * factors.view({B, 1, 1, 1}), 0, 1e-12));
    expect_factors(factors, most);
  };
  check({most, 0, 0}, at::zeros_like(images));
  check({0, most, 0}, grey(images).mean({1, 2}).view({B, 1, 1, 1}).expand_as(images));
  check({0, 0, most}, grey(images).unsqueeze(1).expand_as(images));
}

// A round spot of radius `sigma` about a point that many pixels off the centre, [1, 1, H, W].
Tensor spot(int64_t H, int64_t W, double down, double right, double sigma) {
  const auto square = [](int64_t size, double offset) {
    const double centre = static_cast<double>(size - 1) / 2 + offset;
    return (at::arange(size, at::kDouble) - centre).square();
  };
  const Tensor distance = square(H, down).unsqueeze(1) + square(W, right).unsqueeze(0);
  return (-distance / (2 * sigma * sigma)).exp().view({1, 1, H, W});
}

TEST(Rotate, LeavesWhatIsRoundAboutTheCentre) {
  Random random(1);
  for (const auto& [H, W] : {std::pair<int64_t, int64_t>{33, 33}, {32, 48}}) {
    const Tensor images = spot(H, W, 0, 0, 4).expand({100, 2, H, W});
    const Tensor result = rotate(images, 180, random);
    EXPECT_LT((result - images).abs().max().item<double>(), 0.02);
    EXPECT_TRUE(at::equal(rotate(images, 0, random), images));
  }
}

TEST(Rotate, TurnsByAnglesThatSpanTheRange) {
  const int64_t B = 1'000;
  const double most = 30, radius = 10;
  for (const auto& [H, W] : {std::pair<int64_t, int64_t>{33, 33}, {32, 48}}) {
    Random random(5);
    const Tensor result = rotate(spot(H, W, 0, radius, 1.2).expand({B, 1, H, W}), most, random);
    const Tensor weight = result.select(1, 0) / result.sum({1, 2, 3}).view({B, 1, 1});
    const auto place = [&](int64_t direction, int64_t size) {  // of the spot, off the centre
      const Tensor offsets = at::arange(size, at::kDouble) - static_cast<double>(size - 1) / 2;
      return weight.sum(direction).mv(offsets);  // [B]
    };
    const Tensor down = place(2, H), right = place(1, W);
    const auto distances = values((down.square() + right.square()).sqrt());
    EXPECT_NEAR(*std::min_element(distances.begin(), distances.end()), radius, 0.02);
    EXPECT_NEAR(*std::max_element(distances.begin(), distances.end()), radius, 0.02);
    const auto angles = values(at::atan2(down, right) * (180 / std::numbers::pi));
    EXPECT_NEAR(*std::min_element(angles.begin(), angles.end()), -most, 0.3);
    EXPECT_NEAR(*std::max_element(angles.begin(), angles.end()), most, 0.3);
    EXPECT_NEAR(mean_of(angles), 0, 4 * most / std::sqrt(3.0 * B));
    EXPECT_NEAR(variance_of(angles), most * most / 3, 0.1 * most * most / 3);
  }
}

TEST(Rotate, HasZerosOutside) {
  const int64_t B = 200, side = 16;
  Random random(6);
  const Tensor result = rotate(at::ones({B, 1, side, side}, at::kDouble), 45, random);
  EXPECT_GE(result.min().item<double>(), 0);
  EXPECT_LE(result.max().item<double>(), 1 + 1e-6);
  // Far from the edge nothing comes from outside; at 45 degrees the corner does.
  const Tensor middle = result.slice(2, 4, 12).slice(3, 4, 12);
  EXPECT_NEAR(middle.min().item<double>(), 1, 1e-6);
  const auto corners = values(result.select(2, 0).select(2, 0));
  EXPECT_EQ(*std::min_element(corners.begin(), corners.end()), 0);
  EXPECT_GT(std::count(corners.begin(), corners.end(), 0.0), B / 2);
}

// A grid in bfloat16 could not tell neighbouring pixels apart: only the result is rounded.
TEST(Rotate, IsAsGoodForHalfTypesAsTheyCanTell) {
  const Tensor images = at::rand({8, 3, 32, 32});
  for (const auto type : {at::kBFloat16, at::kHalf}) {
    Random random(6), again(6);
    const Tensor rounded = images.to(type);
    const Tensor wanted = rotate(rounded.to(at::kFloat), 30, random);
    const Tensor result = rotate(rounded, 30, again);
    EXPECT_TRUE(result.equal(wanted.to(type))) << type;
  }
}

}  // namespace
