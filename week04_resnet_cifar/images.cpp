#include "week04_resnet_cifar/images.h"

#include <ATen/ATen.h>

#include "common/base/error.h"
#include "common/data/augment.h"
#include "common/data/cifar10.h"
#include "common/data/fetch.h"
#include "common/data/folds.h"

namespace week04 {
using at::Tensor;
using common::data::Cifar10;
using common::data::Cifar10Part;
namespace {

Cifar10 read(const std::filesystem::path& data_dir, Cifar10Part part) {
  return common::data::read_cifar10(common::data::locate("cifar-10-batches-bin", data_dir), part);
}

Images to_tensors(Cifar10& set) {
  const int64_t side = Cifar10::kSide;
  const Tensor pixels = at::from_blob(set.images.data(), {set.count, 3, side, side}, at::kByte);
  return {pixels.clone(), at::from_blob(set.labels.data(), {set.count}, at::kByte).to(at::kLong)};
}

Images select(const Images& images, const std::vector<int64_t>& ids) {
  const Tensor index = at::tensor(ids, at::kLong);
  return {images.pixels.index_select(0, index), images.labels.index_select(0, index)};
}

Tensor per_channel(const std::array<double, 3>& values, const Tensor& like) {
  return at::tensor({values[0], values[1], values[2]}, at::kFloat)
      .to(like.device())
      .view({1, 3, 1, 1});  // [1, 3, 1, 1]
}

}  // namespace

Images load_test(const std::filesystem::path& data_dir) {
  Cifar10 test = read(data_dir, Cifar10Part::kTest);
  return to_tensors(test);
}

Data load_data(const Config& config, const std::filesystem::path& data_dir, uint64_t seed) {
  Cifar10 train = read(data_dir, Cifar10Part::kTrain);
  Data data;
  data.classes = train.classes;
  data.train = to_tensors(train);
  if (config.validation == 0) {
    data.test = load_test(data_dir);
  } else {
    const double share = static_cast<double>(config.validation) / static_cast<double>(train.count);
    const auto parts = common::data::split(train.count, share, seed);
    data.validation = select(data.train, parts.test);
    data.train = select(data.train, parts.train);
  }
  if (config.limit > 0 && config.limit < data.train.size()) {
    data.train = {data.train.pixels.slice(0, 0, config.limit),
                  data.train.labels.slice(0, 0, config.limit)};
  }
  common::base::require(config.batch_size <= data.train.size(),
                        "--batch-size " + std::to_string(config.batch_size) + " is more than the " +
                            std::to_string(data.train.size()) + " images to train on");
  return data;
}

void to_device_(Data& data, const at::Device& device) {
  for (Images* images : {&data.train, &data.validation, &data.test}) {
    if (images->size() == 0) continue;
    images->pixels = images->pixels.to(device);
    images->labels = images->labels.to(device);
  }
}

Tensor normalise(const Tensor& pixels) {
  const Tensor mean = per_channel(common::data::kCifar10Mean, pixels) * 255;
  const Tensor scale = 1 / (per_channel(common::data::kCifar10Deviation, pixels) * 255);
  return pixels
      .to(at::kFloat, /*non_blocking=*/false, /*copy=*/false, at::MemoryFormat::ChannelsLast)
      .sub(mean)
      .mul_(scale);
}

Batch make_batch(const Images& images, const Config& c, const common::data::BatchPlan& plan,
                 uint64_t seed) {
  using namespace common::data;
  common::base::Random random(plan.seed);
  const Tensor index = at::tensor(plan.ids, at::kLong).to(images.labels.device());
  Tensor x = images.pixels.index_select(0, index);  // [B, 3, 32, 32], uint8
  const Tensor labels = images.labels.index_select(0, index);
  if (c.flip == "random") x = flip(x, random);
  if (c.flip == "alternating") x = alternating_flip(x, plan.ids, plan.epoch, seed);
  x = pad_and_crop(x, c.crop_pad, c.crop_border == "reflect" ? Border::kReflect : Border::kZero,
                   random);
  if (c.jitter > 0) {
    x = colour_jitter(x.to(at::kFloat) / 255, {c.jitter, c.jitter, c.jitter}, random) * 255;
  }
  x = normalise(x);
  x = rotate(x, c.rotation, random);
  x = cutout(x, c.cutout, random);
  if (c.mixup == 0 && c.cutmix == 0) return {x, labels};
  Mixed mixed{x, at::one_hot(labels, Cifar10::kClasses).to(at::kFloat)};  // [B, 10]
  mixed = mixup(mixed.images, mixed.targets, c.mixup, random);
  mixed = cutmix(mixed.images, mixed.targets, c.cutmix, random);
  return {mixed.images, mixed.targets};
}

}  // namespace week04
