#include "week09_ddp_imagenet/images.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cstdlib>
#include <span>

#include "common/base/error.h"
#include "common/base/fnv.h"
#include "common/base/interrupt.h"
#include "common/base/json.h"
#include "common/data/fetch.h"
#include "common/data/packed_images.h"

namespace week09 {
namespace fs = std::filesystem;
using at::Tensor;
using common::base::require;
using common::data::ImageSet;
using common::data::ImageTransform;
using common::data::PixelType;
namespace {

constexpr const char* kSubset = "imagenette-subset";

ImageSet open_folder(const fs::path& folder, const Config& config, common::base::Run& run) {
  using namespace common::data;
  ImageFolder images = scan_image_folder(folder);
  const bool skips = config.on_bad == "skip";
  CheckOptions check;
  check.decode = true;
  check.workers = at::get_num_threads();  // this rank's share of the cores
  check.show_progress = run.writes();
  check.stop = common::base::interrupted;
  drop_bad(images, skips ? check_images(images, check) : std::vector<BadImage>(),
           skips ? OnBad::kSkip : OnBad::kRefuse);
  say_left_out(images.bad, images.others, run);
  return image_set(std::move(images));
}

// The first `most` images of each class; 0: all of them.
ImageSet first_of_each_class(ImageSet set, std::int64_t most) {
  if (most == 0) return set;
  std::vector<std::int64_t> chosen, taken(set.classes.size());
  for (std::int64_t i = 0; i < set.count; ++i) {
    if (taken.at(static_cast<std::size_t>(set.label(i)))++ < most) chosen.push_back(i);
  }
  ImageSet part;
  part.classes = set.classes;
  part.count = static_cast<std::int64_t>(chosen.size());
  const auto ids = std::make_shared<const std::vector<std::int64_t>>(std::move(chosen));
  const auto id = [ids](std::int64_t i) { return ids->at(static_cast<std::size_t>(i)); };
  part.label = [set, id](std::int64_t i) { return set.label(id(i)); };
  part.name = [set, id](std::int64_t i) { return set.name(id(i)); };
  part.bytes = [set, id](std::int64_t i, std::string& buffer) { return set.bytes(id(i), buffer); };
  return part;
}

ImageSet open_one(const fs::path& folder, const char* packed, const char* loose,
                  const Config& config, common::base::Run& run) {
  if (fs::exists(folder / packed)) {
    return image_set(std::make_shared<common::data::PackedImages>(folder / packed));
  }
  return open_folder(folder / loose, config, run);
}

ImageSet open_validation(const fs::path& folder, const Config& config, common::base::Run& run) {
  return first_of_each_class(open_one(folder, kPackedVal, "val", config, run),
                             config.val_per_class);
}

// One number of a batch's images.
PixelType pixel_type(c10::ScalarType type) {
  return type == at::kBFloat16 ? PixelType::kBfloat16 : PixelType::kFloat32;
}

}  // namespace

void say_left_out(const std::vector<common::data::BadImage>& bad, std::int64_t others,
                  common::base::Run& run) {
  for (const auto& image : bad)
    run.say("left out: " + common::base::shown(image.path) + ": " + image.reason);
  if (others > 0) {
    run.say("left out: files whose names do not end in .jpg or .jpeg: " + std::to_string(others));
  }
}

fs::path images_folder(const Config& config, const fs::path& data_dir) {
  if (!config.images.empty()) {
    require(fs::is_directory(config.images), "--images: there is no folder " + config.images);
    return config.images;
  }
  const char* const mirror = std::getenv("DATA_MIRROR");
  for (const fs::path& parent : {data_dir, fs::path(mirror == nullptr ? "" : mirror)}) {
    if (!parent.empty() && fs::is_directory(parent / kSubset / "train")) return parent / kSubset;
  }
  return common::data::locate("imagenette2-160", data_dir);
}

ImageSet open_validation(const Config& config, common::base::Run& run) {
  return open_validation(images_folder(config, run.config().data_dir), config, run);
}

Data open_images(const Config& config, common::base::Run& run) {
  const fs::path folder = images_folder(config, run.config().data_dir);
  Data data{
      first_of_each_class(open_one(folder, kPackedTrain, "train", config, run), config.per_class),
      open_validation(folder, config, run)};
  require(data.train.classes == data.val.classes,
          folder.string() + ": train has " + std::to_string(data.train.classes.size()) +
              " classes, val " + std::to_string(data.val.classes.size()) +
              "; they must be the same, by name");
  require(data.train.count >= config.batch_size,
          "--batch-size " + std::to_string(config.batch_size) + " is more than the " +
              std::to_string(data.train.count) + " images to train on");
  return data;
}

std::string fingerprint(const ImageSet& set) {
  common::base::Fnv1a hash;
  for (std::int64_t i = 0; i < set.count; ++i) hash.add(set.name(i));
  return std::to_string(set.count) + " images, " + std::to_string(hash.value());
}

void Batches::add(ImageTransform transform) {
  transform.type = pixel_type(type_);
  by_size_[transform.size] = std::make_shared<common::data::ImageBatches>(set_, transform, seed_);
}

Batches Batches::training(ImageSet set, const Config& c, std::uint64_t seed, c10::ScalarType type) {
  Batches batches(std::move(set), c, seed, type);
  batches.random_ = true;
  for (const std::int64_t size : c.sizes) {
    ImageTransform t;
    t.size = size;
    t.crop.least_area = c.least_area;
    t.rand_augment.operations = c.rand_augment;
    t.rand_augment.magnitude = c.magnitude;
    t.jitter.brightness = t.jitter.contrast = t.jitter.saturation = c.jitter;
    batches.add(t);
  }
  return batches;
}

Batches Batches::validation(ImageSet set, const Config& c, c10::ScalarType type) {
  Batches batches(std::move(set), c, /*seed=*/0, type);
  ImageTransform t;
  t.augment = false;
  t.size = c.val_size;
  t.shorter = (c.val_size * 8 + 3) / 7;  // 256 for 224, as is usual
  batches.add(t);
  return batches;
}

Batch Batches::make(const common::data::BatchPlan& plan) const {
  const auto& batches = *by_size_.at(random_ ? size_in(config_, plan.epoch) : config_.val_size);
  const auto count = static_cast<std::int64_t>(plan.ids.size());
  const std::int64_t size = batches.transform().size;
  const auto type = pixel_type(type_) == PixelType::kBfloat16 ? at::kBFloat16 : at::kFloat;
  const auto memory = memory_.take(static_cast<std::size_t>(count * batches.image_bytes()));
  // Rows of pixels: channels last. The memory comes back when the tensor goes.
  const Tensor pixels = at::from_blob(
      memory.get(), {count, size, size, 3}, [memory](void*) {}, type);
  Batch batch;
  batch.labels = at::empty({count}, at::kLong);
  batches.fill(plan, pixels.data_ptr(),
               std::span(batch.labels.data_ptr<std::int64_t>(), plan.ids.size()));
  batch.images = pixels.permute({0, 3, 1, 2});  // [B, 3, S, S]
  batch.ids = at::tensor(plan.ids, at::kLong);
  return batch;
}

}  // namespace week09
