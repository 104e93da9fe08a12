// From JPEG to numbers: the centre as torchvision's, normalisation, types, draws, batches.
#include "common/data/image_transform.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "common/base/files.h"
#include "common/data/image_set.h"
#include "tests/data/expect_error.h"
#include "tests/data/make_jpeg.h"
#include "tests/data/recorded_images.h"
#include "tests/data/resampled.h"
#include "tests/temporary_folder.h"

namespace {
using namespace common::data;  // NOLINT: this file tests most of it
using common::base::Random;
using tests::expect_error;
using tests::largest_difference;
using tests::make_jpeg;
using tests::recorded;
using tests::resampled;
using Floats = std::vector<float>;

// --- the whole transform
// --------------------------------------------------------------------------

template <class Number = float>
std::vector<Number> made(const std::string& jpeg, const ImageTransform& transform,
                         std::uint64_t seed = 1, const ImageLoops& loops = image_loops()) {
  ImageMaker maker(transform, loops);
  std::vector<Number> out(static_cast<std::size_t>(3 * transform.size * transform.size));
  Random random(seed);
  maker.make(jpeg, "x.jpg", random, out.data());
  return out;
}

ImageTransform bytes_of_size(std::int64_t size) {
  ImageTransform t;
  t.size = size;
  t.type = PixelType::kUint8;
  return t;
}

TEST(ImageTransform, CentreEqualsTorchvisionsResizeAndCenterCrop) {
  const std::string jpeg = tests::reference_file("image.jpg");
  for (const auto& [shorter, size] : {std::pair{40, 32}, {56, 33}}) {
    ImageTransform t = bytes_of_size(size);
    t.augment = false;
    t.shorter = shorter;
    t.reduce = false;
    const auto wanted = recorded<std::uint8_t>("centre" + std::to_string(shorter)).values;
    EXPECT_LE(largest_difference(made<std::uint8_t>(jpeg, t), wanted), 2) << shorter;
    double sum = 0;
    t.reduce = true;  // at half of the size where 72 pixels become 32: much of this image is edges
    const auto got = made<std::uint8_t>(jpeg, t);
    for (std::size_t i = 0; i < got.size(); ++i) sum += std::abs(int{got[i]} - int{wanted[i]});
    EXPECT_LT(sum / static_cast<double>(got.size()), shorter == 40 ? 2.5 : 0.5) << shorter;
  }
}

TEST(ImageTransform, ShowsTheCropThatItsDrawsSay) {
  const std::string jpeg = tests::reference_file("image.jpg");
  ImageTransform t;
  t.size = 40;
  t.reduce = false;
  int mirrored = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed);
    const Region part = random_crop(120, 90, t.crop, random);
    const bool mirror = random.uniform() < 0.5;
    mirrored += mirror ? 1 : 0;
    Floats wanted = resampled(jpeg, part, 40, 1, mirror);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      wanted[i] =
          static_cast<float>((wanted[i] / 255 - kImageNetMean[i % 3]) / kImageNetDeviation[i % 3]);
    }
    EXPECT_LE(largest_difference(made(jpeg, t, seed), wanted), 1e-4) << seed;
  }
  EXPECT_TRUE(mirrored > 3 && mirrored < 17) << mirrored;
}

TEST(ImageTransform, TypesHoldTheSameValues) {
  const std::string jpeg = tests::reference_file("image.jpg");
  for (const bool jitter : {false, true}) {
    ImageTransform t;
    t.size = 37;
    t.jitter.contrast = jitter ? 0.5 : 0;
    const Floats wide = made(jpeg, t, 3);
    t.type = PixelType::kBfloat16;
    const auto halves = made<std::uint16_t>(jpeg, t, 3);
    t.type = PixelType::kUint8;
    const auto bytes = made<std::uint8_t>(jpeg, t, 3);
    for (std::size_t i = 0; i < wide.size(); ++i) {
      const std::uint32_t bits = std::uint32_t{halves[i]} << 16;
      float half;
      std::memcpy(&half, &bits, sizeof half);
      ASSERT_NEAR(half, wide[i], std::abs(wide[i]) / 256 + 1e-6) << i;
      const double level = (wide[i] * kImageNetDeviation[i % 3] + kImageNetMean[i % 3]) * 255;
      ASSERT_NEAR(bytes[i], level, jitter ? 1e-3 : 0.5001) << i;
    }
  }
  EXPECT_EQ(pixel_bytes(PixelType::kFloat32) + pixel_bytes(PixelType::kBfloat16), 6);
}

TEST(ImageTransform, DrawsFollowFromTheSeedAlone) {
  const std::string jpeg = tests::reference_file("image.jpg"), other = make_jpeg();
  ImageTransform t = bytes_of_size(32);
  t.jitter = {0.4, 0.4, 0.4, 0.1};
  t.rand_augment.operations = 2;
  ImageMaker used(t);
  std::vector<std::uint8_t> out(3 * 32 * 32);
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    Random before(seed + 100), random(seed);
    used.make(other, "y", before, out.data());
    used.make(jpeg, "x", random, out.data());
    EXPECT_EQ(out, made<std::uint8_t>(jpeg, t, seed));
    EXPECT_NE(out, made<std::uint8_t>(jpeg, t, seed + 1));
  }
}

TEST(ImageTransform, PlainLoopsMakeTheSame) {
  const std::string jpeg = tests::reference_file("image.jpg");
  ImageTransform t;
  t.size = 45;
  EXPECT_LE(largest_difference(made(jpeg, t, 2), made(jpeg, t, 2, plain_image_loops())), 1e-4);
}

TEST(ImageTransform, TakesTheSmallestAndTheThinnest) {
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 300}, {700, 2}, {17, 16}}) {
    const std::string jpeg = make_jpeg({.width = width, .height = height});
    for (const bool augment : {true, false}) {
      ImageTransform t = bytes_of_size(24);
      t.augment = augment;
      t.shorter = 30;
      for (std::uint64_t seed = 0; seed < 5; ++seed)
        EXPECT_NO_THROW(made<std::uint8_t>(jpeg, t, seed));
    }
  }
}

TEST(ImageTransform, RefusesSettingsOutOfRange) {
  const auto refused = [](const std::string& part, auto change) {
    ImageTransform t;
    change(t);
    expect_error(part, [&] { ImageMaker maker(t); });
  };
  refused("a size from 1 to 8192", [](auto& t) { t.size = 0; });
  refused("a shorter side from the size (224)", [](auto& t) {
    t.augment = false;
    t.shorter = 200;
  });
  refused("areas", [](auto& t) { t.crop.least_area = 0; });
  refused("areas", [](auto& t) { t.crop.most_area = 1.5; });
  refused("ratios", [](auto& t) { t.crop.least_ratio = 2; });
  refused("flips", [](auto& t) { t.flip = 1.1; });
  refused("hue", [](auto& t) { t.jitter.hue = 0.6; });
  refused("jitter", [](auto& t) { t.jitter.contrast = std::nan(""); });
  refused("magnitude", [](auto& t) { t.rand_augment.magnitude = 31; });
  refused("deviations", [](auto& t) { t.deviation[1] = 0; });
  EXPECT_NO_THROW(require_valid(ImageTransform{}));
}

// --- batches
// --------------------------------------------------------------------------------------

// Three classes with two images each.
void write_images(const tests::TemporaryFolder& root) {
  for (int i = 0; i < 6; ++i) {
    const auto folder = root / ("c" + std::to_string(i / 2));
    common::base::make_folder(folder);
    common::base::write_file(folder / (std::to_string(i) + ".jpg"),
                             make_jpeg({.width = 40 + 9 * i, .height = 70 - 5 * i}));
  }
}

TEST(ImageBatches, DoNotDependOnThreads) {
  const tests::TemporaryFolder root;
  write_images(root);
  ImageTransform t = bytes_of_size(16);
  t.jitter.brightness = 0.3;
  const ImageBatches batches(image_set(scan_image_folder(root.path())), t);
  EXPECT_EQ(batches.image_bytes(), 3 * 16 * 16);
  using Batch = std::pair<std::vector<std::uint8_t>, std::vector<std::int64_t>>;
  const auto run = [&](std::int64_t workers) {
    LoaderOptions o;
    o.samples = batches.set().count;
    o.batch_size = 4;
    o.drop_last = false;
    o.workers = workers;
    Loader<Batch> loader(o, [&](const BatchPlan& plan) {
      Batch batch;
      batch.first.resize(plan.ids.size() * 3 * 16 * 16);
      batch.second.resize(plan.ids.size());
      batches.fill(plan, batch.first.data(), batch.second);
      return batch;
    });
    std::vector<Batch> all;
    for (int i = 0; i < 12; ++i) all.push_back(loader.next());
    return all;
  };
  const std::vector<Batch> alone = run(0);
  EXPECT_EQ(run(1), alone);
  EXPECT_EQ(run(3), alone);
  EXPECT_NE(alone[0].first, alone[2].first);  // another epoch, other draws
  std::vector<std::int64_t> labels = alone[0].second;
  labels.insert(labels.end(), alone[1].second.begin(), alone[1].second.end());
  std::sort(labels.begin(), labels.end());
  EXPECT_EQ(labels, (std::vector<std::int64_t>{0, 0, 1, 1, 2, 2}));
}

TEST(ImageBatches, DrawsDoNotDependOnBatchAndRank) {
  const tests::TemporaryFolder root;
  write_images(root);
  const ImageTransform t = bytes_of_size(16);
  const auto made_of = [&](std::vector<std::int64_t> ids, std::int64_t epoch, std::uint64_t seed) {
    BatchPlan plan;
    plan.ids = std::move(ids);
    plan.epoch = epoch;
    plan.seed = static_cast<std::uint64_t>(plan.ids.size());  // the loader's, another on each rank
    std::vector<std::uint8_t> out(plan.ids.size() * 3 * 16 * 16);
    std::vector<std::int64_t> labels(plan.ids.size());
    ImageBatches(image_set(scan_image_folder(root.path())), t, seed).fill(plan, out.data(), labels);
    return std::vector<std::uint8_t>(out.end() - 3 * 16 * 16, out.end());  // the last image
  };
  const auto alone = made_of({4}, 2, 7);
  EXPECT_EQ(made_of({0, 1, 4}, 2, 7), alone);
  EXPECT_NE(made_of({4}, 3, 7), alone);
  EXPECT_NE(made_of({4}, 2, 8), alone);
}

TEST(ImageBatches, NameTheFileThatIsDamaged) {
  const tests::TemporaryFolder root;
  write_images(root);
  const ImageBatches batches(image_set(scan_image_folder(root.path())), bytes_of_size(16));
  common::base::write_file(root / "c1/3.jpg", "no image at all");
  BatchPlan plan;
  plan.ids = {3};
  std::vector<std::uint8_t> out(3 * 16 * 16);
  std::vector<std::int64_t> labels(1);
  expect_error("\"c1/3.jpg\": is no JPEG", [&] { batches.fill(plan, out.data(), labels); });
  std::filesystem::remove(root / "c1/3.jpg");
  expect_error("c1/3.jpg", [&] { batches.fill(plan, out.data(), labels); });
  plan.ids = {2};
  batches.fill(plan, out.data(), labels);  // the next one goes through
  EXPECT_EQ(labels[0], 1);
}

}  // namespace
