// Mixup and cutmix: images and targets are blended alike, by shares of the right distribution.
#include "common/data/augment.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/data/statistics.h"

namespace {
using namespace common::data;  // all that augment.h declares
using namespace tests;
using at::Tensor;
using common::base::Random;

// Image i is i everywhere, and so is its class: what is blended can be read off.
struct Constant {
  Tensor images, targets;
};

Constant constant(int64_t count, int64_t height, int64_t width) {
  return {at::arange(count, at::kDouble).view({count, 1, 1, 1}).expand({count, 2, height, width}),
          one_hot(count)};
}

TEST(Mixup, BlendsTargetsAsItBlendsImages) {
  const int64_t B = 16;
  const auto [images, targets] = constant(B, 2, 3);
  Random random(1);
  for (int draw = 0; draw < 20; ++draw) {
    const Mixed mixed = mixup(images, targets, 0.7, random);
    EXPECT_TRUE(at::allclose(mixed.targets.sum(1), at::ones({B}, at::kDouble), 0, 1e-12));
    EXPECT_TRUE(mixed.targets.ge(0).all().item<bool>());
    EXPECT_LE(mixed.targets.gt(0).sum(1).max().item<int64_t>(), 2);
    // Each image is the other one of one image: the partners are a permutation.
    EXPECT_TRUE(at::allclose(mixed.targets.sum(0), at::ones({B}, at::kDouble), 0, 1e-12));
    const Tensor level = mixed.targets.mv(at::arange(B, at::kDouble));
    EXPECT_TRUE(at::allclose(mixed.images, level.view({B, 1, 1, 1}).expand_as(images), 0, 1e-12));
  }
}

// The share of an image in its own blend, which is the same for all that have another partner.
double share_kept(const Tensor& targets) {
  const std::vector<double> own = values(targets.diagonal());
  const double share = *std::min_element(own.begin(), own.end());
  for (const double s : own) EXPECT_TRUE(s == 1 || std::abs(s - share) < 1e-12);
  return share;
}

TEST(Mixup, DrawsItsShareFromTheBetaDistribution) {
  const auto [images, targets] = constant(8, 1, 1);
  Random random(2);
  for (const double alpha : {0.2, 1.0, 3.0}) {
    std::vector<double> shares;
    for (int draw = 0; draw < 2'000; ++draw) {
      shares.push_back(share_kept(mixup(images, targets, alpha, random).targets));
    }
    const double variance = 1 / (4 * (2 * alpha + 1));
    // Some 4 standard deviations of each.
    EXPECT_NEAR(mean_of(shares), 0.5, 4 * std::sqrt(variance / 2'000)) << alpha;
    EXPECT_NEAR(variance_of(shares), variance, 0.1 * variance) << alpha;
  }
}

TEST(Mixup, OfNothingIsNothing) {
  const auto [images, targets] = constant(4, 2, 2);
  Random random(1);
  for (const auto& mixed :
       {mixup(images, targets, 0, random), cutmix(images, targets, 0, random)}) {
    EXPECT_TRUE(at::equal(mixed.images, images));
    EXPECT_TRUE(at::equal(mixed.targets, targets));
  }
}

TEST(Cutmix, PutsInABoxAndBlendsTargetsByItsArea) {
  const int64_t B = 32, H = 7, W = 9;
  const auto [images, targets] = constant(B, H, W);
  Random random(3);
  for (int draw = 0; draw < 20; ++draw) {
    const Mixed mixed = cutmix(images, targets, 1, random);
    EXPECT_TRUE(at::allclose(mixed.targets.sum(1), at::ones({B}, at::kDouble), 0, 1e-12));
    // As much of each class as there are pixels of its image.
    const Tensor classes = at::arange(B, at::kDouble).view({1, B, 1, 1, 1});
    const Tensor pixels = mixed.images.unsqueeze(1).eq(classes).to(at::kDouble).mean({2, 3, 4});
    EXPECT_TRUE(at::allclose(mixed.targets, pixels, 0, 1e-12));
    const Tensor taken = mixed.images.ne(images).select(1, 0);  // [B, H, W]
    EXPECT_TRUE(at::equal(mixed.images.ne(images).select(1, 1), taken));
    EXPECT_TRUE(at::equal(taken, taken.any(2, true) & taken.any(1, true)));  // a box
  }
}

TEST(Cutmix, DrawsItsAreaFromTheBetaDistribution) {
  const int64_t B = 64, H = 20, W = 30;
  const auto [images, targets] = constant(B, H, W);
  Random random(4);
  std::vector<double> areas, ratios;
  for (int draw = 0; draw < 300; ++draw) {
    const Tensor taken = cutmix(images, targets, 1, random).images.ne(images).select(1, 0);
    // The largest box of the batch, which the edge did not cut in either direction.
    const auto largest = [&](int64_t direction, int64_t size) {
      const Tensor lines = taken.any(direction).sum(1).max();
      return static_cast<double>(lines.item<int64_t>()) / static_cast<double>(size);
    };
    const double height = largest(2, H), width = largest(1, W);
    areas.push_back(height * width);
    if (width > 0.5) ratios.push_back(height / width);
  }
  EXPECT_NEAR(mean_of(areas), 0.5, 4 * std::sqrt(1.0 / 12 / 300));
  EXPECT_NEAR(variance_of(areas), 1.0 / 12, 0.2 / 12);
  EXPECT_NEAR(mean_of(ratios), 1, 0.02);  // shaped as the image is
}

}  // namespace
