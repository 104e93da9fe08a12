// The real subset of Imagenette: its layout, every file whole, and batches of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "common/data/image_set.h"
#include "tests/data/real_set.h"

namespace {
using namespace common::data;  // NOLINT: this file tests most of it

TEST(RealImages, EveryFileIsWholeAndTheMeanIsThatOfImages) {
  const auto set = tests::real_imagenette_subset();
  if (!set.missing.empty()) GTEST_SKIP() << set.missing;
  const ImageFolder train = scan_image_folder(set.folder / "train");
  const ImageFolder val = scan_image_folder(set.folder / "val");
  EXPECT_EQ(train.classes.size(), 10u);
  EXPECT_EQ(train.classes, val.classes);
  EXPECT_EQ(train.samples.size(), 1000u);
  EXPECT_EQ(val.samples.size(), 300u);
  CheckOptions check;
  check.decode = true;
  EXPECT_TRUE(check_images(train, check).empty());
  EXPECT_TRUE(check_images(val, check).empty());

  ImageTransform t;
  t.size = 64;
  const ImageBatches batches(image_set(train), t);
  BatchPlan plan;
  for (std::int64_t i = 0; i < 1000; i += 5) plan.ids.push_back(i);
  std::vector<float> images(plan.ids.size() * 3 * 64 * 64);
  std::vector<std::int64_t> labels(plan.ids.size());
  batches.fill(plan, images.data(), labels);
  EXPECT_EQ(labels.front(), 0);
  EXPECT_EQ(labels.back(), 9);
  double sum = 0, squares = 0;
  for (const float v : images) {
    sum += v;
    squares += v * v;
  }
  const auto n = static_cast<double>(images.size());
  EXPECT_NEAR(sum / n, 0, 0.15);  // normalised by ImageNet's own numbers
  EXPECT_NEAR(std::sqrt(squares / n), 1.2, 0.2);
}

}  // namespace
