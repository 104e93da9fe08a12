#include "week09_ddp_imagenet/images.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "tests/temporary_folder.h"
#include "tests/week09_ddp_imagenet/made_up_images.h"

namespace {
using namespace week09;
using common::data::BatchPlan;

common::base::RunConfig nowhere() { return {}; }

TEST(Week09Images, SizesGrowWithTheEpochs) {
  Config c;
  c.sizes = {64, 96, 128};
  c.epochs = 9;
  std::vector<std::int64_t> sides;
  for (std::int64_t epoch = 0; epoch < 10; ++epoch) sides.push_back(size_in(c, epoch));
  EXPECT_EQ(sides, (std::vector<std::int64_t>{64, 64, 64, 96, 96, 96, 128, 128, 128, 128}));
}

TEST(Week09Images, BatchesAreChannelsLastAndNormalised) {
  const tests::TemporaryFolder folder;
  tests::write_image_set(folder.path());
  Config c;
  c.images = folder.path().string();
  c.batch_size = 10;
  c.val_size = 32;
  common::base::Run run(nowhere());
  const Data data = open_images(c, run);
  EXPECT_EQ(data.train.count, 180);
  EXPECT_EQ(data.val.count, 60);
  BatchPlan plan;
  plan.ids = {0, 60, 120, 7};
  const Batch batch = Batches::validation(data.train, c, at::kFloat).make(plan);
  EXPECT_EQ(batch.images.sizes(), (at::IntArrayRef{4, 3, 32, 32}));
  EXPECT_TRUE(batch.images.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(batch.labels.equal(at::tensor({0, 1, 2, 0}, at::kLong)));
  // Each class has most of its own colour.
  EXPECT_TRUE(batch.images.mean({2, 3}).argmax(1).equal(batch.labels));
  EXPECT_LT(batch.images.abs().max().item<double>(), 3);
  const Batch half = Batches::validation(data.train, c, at::kBFloat16).make(plan);
  EXPECT_EQ(half.images.scalar_type(), at::kBFloat16);
  EXPECT_TRUE(at::allclose(half.images.to(at::kFloat), batch.images, 0, 0.02));
}

void expect_error(const std::string& part, const std::function<void()>& work) {
  try {
    work();
    ADD_FAILURE() << "wanted an error with: " << part;
  } catch (const common::base::Error& error) {
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST(Week09Images, BrokenFilesAreRefusedOrLeftOut) {
  const tests::TemporaryFolder folder;
  tests::write_image_set(folder.path());
  common::base::write_file(folder.path() / "train/class-1/7.jpg", "");
  common::base::write_file(folder.path() / "train/class-1/8.jpg", "no image");
  Config c;
  c.images = folder.path().string();
  c.batch_size = 10;
  common::base::Run run(nowhere());
  expect_error("class-1/7.jpg", [&] { open_images(c, run); });
  c.on_bad = "skip";
  EXPECT_EQ(open_images(c, run).train.count, 178);
}

TEST(Week09Images, WhatDoesNotFitIsTold) {
  const tests::TemporaryFolder folder;
  Config c;
  common::base::Run run(nowhere());
  c.images = "/nowhere";
  expect_error("there is no folder /nowhere", [&] { open_images(c, run); });
  tests::write_image_set(folder.path());
  c.images = folder.path().string();
  c.batch_size = 200;
  expect_error("more than the 180 images", [&] { open_images(c, run); });
  c.batch_size = 10;
  std::filesystem::rename(folder.path() / "val/class-2", folder.path() / "val/class-9");
  expect_error("they must be the same", [&] { open_images(c, run); });
}

}  // namespace
