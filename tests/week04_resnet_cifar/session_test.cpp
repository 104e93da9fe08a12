// Data, batches and the loss of a training of week 04, as its settings say.
#include "week04_resnet_cifar/session.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>

#include "tests/week04_resnet_cifar/small.h"
#include "tests/week04_resnet_cifar/week.h"

namespace {
using namespace week04;
using at::Tensor;
using common::data::BatchPlan;
using tests::noise;
using tests::small;

// How many images there are of each label and first pixel.
Tensor kinds(const Images& images) {
  const Tensor first = images.pixels.select(1, 0).select(1, 0).select(1, 0).to(at::kLong);
  return at::bincount(images.labels * 256 + first, {}, 2560);  // [2560]
}

TEST(Data, ImagesHeldOutAreNotTrainedOn) {
  Config config = small();
  const auto folder = tests::made_up_data();
  const Data whole = load_data(config, folder, 0);
  EXPECT_EQ(whole.train.size(), 50'000);
  EXPECT_EQ(whole.validation.size(), 0);
  EXPECT_EQ(whole.test.size(), 10'000);
  config.validation = 5000;
  const Data data = load_data(config, folder, 0);
  EXPECT_EQ(data.train.size(), 45'000);
  EXPECT_EQ(data.validation.size(), 5000);
  EXPECT_EQ(data.test.size(), 0) << "of no use for choices";
  EXPECT_TRUE((kinds(data.train) + kinds(data.validation)).equal(kinds(whole.train)));
  const Data other = load_data(config, folder, 1);
  EXPECT_FALSE(other.validation.labels.equal(data.validation.labels)) << "drawn from the seed";
}

// The batch of images 0 to n - 1, augmented only as `config` says.
Batch batch_of(const Images& images, const Config& config, int64_t epoch = 0) {
  BatchPlan plan;
  for (int64_t i = 0; i < images.size(); ++i) plan.ids.push_back(i);
  plan.epoch = epoch;
  plan.seed = 7;
  return make_batch(images, config, plan, 0);
}

Config without_augmentation() {
  Config config;
  config.flip = "none";
  config.crop_pad = 0;
  return config;
}

// Whether each image of x is the one of y, [B].
Tensor alike(const Tensor& x, const Tensor& y) { return (x == y).flatten(1).all(1); }

TEST(Batches, AreMirroredAsTheSettingSays) {
  const Images images = noise(32);
  const Tensor x = normalise(images.pixels), mirrored = x.flip(3);
  Config config = without_augmentation();
  config.flip = "random";
  const Tensor random = batch_of(images, config).images;
  EXPECT_TRUE((alike(random, x) | alike(random, mirrored)).all().item<bool>());
  EXPECT_TRUE(alike(random, x).any().item<bool>() && alike(random, mirrored).any().item<bool>());
  config.flip = "alternating";
  const Tensor even = batch_of(images, config, 0).images, odd = batch_of(images, config, 1).images;
  EXPECT_TRUE((alike(even, x) | alike(even, mirrored)).all().item<bool>());
  EXPECT_TRUE(odd.equal(even.flip(3)));
}

TEST(Batches, ShiftsBringInBlackOrTheMirroredImage) {
  const Images images{noise(32).pixels.clamp_min(1), noise(32).labels};  // nothing is black
  const Tensor black = normalise(at::zeros({1, 3, 32, 32}, at::kByte));
  Config config = without_augmentation();
  config.crop_pad = 4;
  config.crop_border = "zero";
  const Tensor zero = batch_of(images, config).images;
  EXPECT_GT(zero.eq(black).sum().item<int64_t>(), 0);
  config.crop_border = "reflect";
  const Tensor reflect = batch_of(images, config).images;
  EXPECT_EQ(reflect.eq(black).sum().item<int64_t>(), 0);
  EXPECT_FALSE(reflect.equal(normalise(images.pixels)));
  EXPECT_TRUE(reflect.masked_select(zero.ne(black)).equal(zero.masked_select(zero.ne(black))));
}

TEST(Batches, CutoutBlanksASquareOfTheMeanColour) {
  const Images images = noise(32);
  Config config = without_augmentation();
  config.cutout = 12;
  const Tensor x = batch_of(images, config).images;
  const Tensor blank = x.eq(0).all(1);  // [B, 32, 32]; no byte is the mean of its channel
  EXPECT_TRUE(x.where(blank.unsqueeze(1), normalise(images.pixels)).equal(x));
  const Tensor sizes = blank.flatten(1).sum(1);  // [B]
  EXPECT_EQ(sizes.max().item<int64_t>(), 144);
  EXPECT_GE(sizes.min().item<int64_t>(), 36) << "its centre is in the image";
}

TEST(Batches, ColoursAndAnglesChange) {
  // A bright square on grey: turning it moves what is bright, other colours do not.
  Tensor pixels = at::full({8, 3, 32, 32}, 100, at::kByte);
  pixels.slice(2, 4, 12).slice(3, 4, 12).fill_(200);
  const Images images{pixels, at::zeros({8}, at::kLong)};
  const Tensor x = normalise(pixels);
  const auto bright = [](const Tensor& y) {
    return y.select(1, 0) > y.select(1, 0).slice(1, 30).slice(2, 15, 16).mean({1, 2}, true) + 0.1;
  };  // [8, 32, 32]
  Config config = without_augmentation();
  config.jitter = 0.4;
  const Tensor coloured = batch_of(images, config).images;
  EXPECT_FALSE(alike(coloured, x).any().item<bool>());
  EXPECT_TRUE(bright(coloured).equal(bright(x)));
  config = without_augmentation();
  config.rotation = 20;
  const Tensor turned = batch_of(images, config).images;
  EXPECT_FALSE(alike(turned, x).any().item<bool>());
  EXPECT_FALSE(bright(turned).equal(bright(x)));
  EXPECT_NEAR(turned[0][0][16][16].item<double>(), x[0][0][16][16].item<double>(), 1e-4)
      << "about the centre";
}

TEST(Batches, BlendsHaveTargetsInTheSharesOfTheirImages) {
  const Images images = noise(32);
  const Tensor x = normalise(images.pixels), rows = at::one_hot(images.labels, 10).to(at::kFloat);
  Config config = without_augmentation();
  config.mixup = 1;
  const Batch mixed = batch_of(images, config);
  EXPECT_EQ(mixed.targets.sizes(), (at::IntArrayRef{32, 10}));
  EXPECT_TRUE(at::allclose(mixed.targets.sum(1), at::ones({32})));
  EXPECT_FALSE(mixed.targets.equal(rows));
  EXPECT_FALSE(alike(mixed.images, x).all().item<bool>());
  config = without_augmentation();
  config.cutmix = 1;
  const Batch cut = batch_of(images, config);
  const Tensor own = cut.images.eq(x).to(at::kFloat).mean({1, 2, 3});  // [B]
  EXPECT_LT(own.min().item<double>(), 0.99);
  // Where the other image has another label, the own label's share is that of the own pixels.
  const Tensor share = (cut.targets * rows).sum(1);
  const Tensor other = share < 0.999;
  EXPECT_TRUE(other.any().item<bool>());
  EXPECT_TRUE(at::allclose(share.masked_select(other), own.masked_select(other), 0, 0.01));
}

TEST(Batches, FollowFromPlanAndSeed) {
  const Images images = noise(20);
  Config config;
  config.cutout = 8;
  config.mixup = 0.2;
  config.rotation = 10;
  config.jitter = 0.2;
  BatchPlan plan;
  plan.ids = {3, 1, 4, 15, 9};
  plan.seed = 7;
  const Batch a = make_batch(images, config, plan, 0), b = make_batch(images, config, plan, 0);
  EXPECT_TRUE(a.images.equal(b.images) && a.targets.equal(b.targets));
  plan.seed = 8;
  EXPECT_FALSE(make_batch(images, config, plan, 0).images.equal(a.images));
}

TEST(Batches, WithoutAugmentationAreTheNormalisedImages) {
  const Images images = noise(6);
  BatchPlan plan;
  plan.ids = {5, 0};
  const Batch batch = make_batch(images, without_augmentation(), plan, 0);
  const Tensor index = at::tensor({5, 0}, at::kLong);
  EXPECT_TRUE(batch.images.equal(normalise(images.pixels.index_select(0, index))));
  EXPECT_TRUE(batch.targets.equal(images.labels.index_select(0, index)));
  EXPECT_TRUE(batch.images.is_contiguous(at::MemoryFormat::ChannelsLast));
  const double mean = 255 * 0.4914, deviation = 255 * 0.2470;
  EXPECT_NEAR(batch.images[0][0][2][3].item<double>(),
              (images.pixels[5][0][2][3].item<double>() - mean) / deviation, 1e-5);
}

common::base::RunConfig on_made_up_data() {
  common::base::RunConfig config;
  config.data_dir = tests::made_up_data();
  return config;
}

int64_t threads_of_this_process() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return std::distance(begin(tasks), end(tasks));
}

// Whole batches make an epoch, whatever the parts that they go through in.
TEST(Sessions, AnEpochOfTheLoaderIsOneOfTheSchedule) {
  Config config = small();
  config.limit = 130;
  config.batch_size = 50;
  config.micro_batch = 25;
  common::base::Run run(on_made_up_data());
  const Session session(config, run);
  EXPECT_EQ(session.per_epoch, 2);
  EXPECT_EQ(session.loader.batches_per_epoch(), 4);
}

// A worker with OpenMP threads of its own would make those of the network sleep after each loop.
TEST(Sessions, TheLoadersWorkerWorksAlone) {
  const int before = at::get_num_threads();
  at::set_num_threads(3);
  {
    Config config = small();
    common::base::Run run(on_made_up_data());
    Session session(config, run);
    const int64_t threads = threads_of_this_process();
    const Batch batch = session.next();
    EXPECT_EQ(batch.images.size(0), config.batch_size);
    EXPECT_EQ(threads_of_this_process(), threads + config.workers);
    EXPECT_EQ(at::get_num_threads(), 3) << "of the network";
  }
  at::set_num_threads(before);
}

TEST(Sessions, TheLossIsSmoothedAsTheSettingSays) {
  const double smoothing = 0.3;
  Config config = small();
  config.label_smoothing = smoothing;
  common::base::Run run(on_made_up_data());
  Session session(config, run);
  session.network.module->eval();
  const at::NoGradGuard no_grad;
  const Batch batch = session.next();
  const auto judged = session.judge(batch, /*lane=*/0);
  const Tensor log_p = session.network.logits(batch.images).log_softmax(1);  // [B, 10]
  const Tensor right = log_p.gather(1, batch.targets.unsqueeze(1)).mean();
  const double wanted = -((1 - smoothing) * right + smoothing * log_p.mean()).item<double>();
  EXPECT_NEAR(judged.loss.item<double>(), wanted, 1e-5);
  EXPECT_GT(std::abs(wanted + right.item<double>()), 1e-3) << "which the plain loss is not";
}

}  // namespace
