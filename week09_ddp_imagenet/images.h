// Images in folders or packed files, and how a batch of them is made.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/run.h"
#include "common/data/block_pool.h"
#include "common/data/image_folder.h"
#include "common/data/image_set.h"
#include "week09_ddp_imagenet/config.h"

namespace week09 {

/// What a run trains on and what it looks at. Both have the same classes.
struct Data {
  common::data::ImageSet train, val;
};

/// The files that `prepare` makes, in its folder.
inline constexpr const char* kPackedTrain = "train.images";
inline constexpr const char* kPackedVal = "val.images";

/// Returns the folder of the settings; else the subset of Imagenette in `data_dir` or in the folder
/// DATA_MIRROR; else the whole of Imagenette in `data_dir`.
/// Errors: `Error` that says what is missing and the command that gets it.
std::filesystem::path images_folder(const Config& config, const std::filesystem::path& data_dir);

/// Says which files of a folder are not used: images that are bad, and `others`, which are none.
void say_left_out(const std::vector<common::data::BadImage>& bad, std::int64_t others,
                  common::base::Run& run);

/// Opens the images of the settings, packed or loose.
/// Errors: `Error` when there are none, their classes differ, or files are broken and that is
/// refused.
Data open_images(const Config& config, common::base::Run& run);

/// Returns how many images a set has and a hash of their names, in order.
std::string fingerprint(const common::data::ImageSet& set);
/// The same of those alone that are looked at.
common::data::ImageSet open_validation(const Config& config, common::base::Run& run);

/// Images ready for a network.
struct Batch {
  at::Tensor images;    // [B, 3, S, S], channels last, each channel with mean 0 and deviation 1
  at::Tensor labels;    // [B], int64
  at::Tensor ids;       // [B], int64: which images they are
  std::int64_t of = 0;  // images of all ranks' parts of this batch
};

/// Makes batches of a set, each rank its part of them. What a sample looks like follows from seed,
/// epoch and sample, not from the number of ranks. Several threads may call make() at once.
class Batches {
 public:
  /// Training: random crops of the size of the plan's epoch.
  static Batches training(common::data::ImageSet set, const Config& config, std::uint64_t seed,
                          c10::ScalarType type);
  /// Validation: the centre.
  static Batches validation(common::data::ImageSet set, const Config& config, c10::ScalarType type);

  Batch make(const common::data::BatchPlan& plan) const;

 private:
  Batches(common::data::ImageSet set, const Config& config, std::uint64_t seed,
          c10::ScalarType type)
      : set_(std::move(set)), config_(config), seed_(seed), type_(type) {}
  void add(common::data::ImageTransform transform);

  common::data::ImageSet set_;
  Config config_;
  std::uint64_t seed_;
  c10::ScalarType type_;
  bool random_ = false;
  std::map<std::int64_t, std::shared_ptr<common::data::ImageBatches>> by_size_;
  common::data::BlockPool memory_;  // of batches; copies of this share it
};

}  // namespace week09
