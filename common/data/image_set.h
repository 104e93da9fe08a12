// The images of a set wherever they are, loose files or a packed one, and batches made of them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/data/image_folder.h"
#include "common/data/image_transform.h"
#include "common/data/loader.h"

namespace common::data {

/// Encoded images with their labels. The functions may be called by several threads at once.
struct ImageSet {
  std::vector<std::string> classes;
  std::int64_t count = 0;
  std::function<std::int64_t(std::int64_t)> label;
  std::function<std::string(std::int64_t)> name;  ///< for messages: CLASS/FILE
  /// The bytes of a file. They may be put into `buffer`, and live as long as it and the set.
  std::function<std::string_view(std::int64_t, std::string& buffer)> bytes;
};

/// Returns the files of a folder, each of which is read when it is asked for.
ImageSet image_set(ImageFolder folder);

/// Makes batches in memory of the caller, from a set and the plans of a `Loader`. Several threads
/// may call fill() at once; each borrows decoder and memory that a call before it left.
///
///     ImageBatches batches(image_set(scan_image_folder(root)), transform, seed);
///     Loader<Batch> loader(options, [&](const BatchPlan& plan) {
///       Batch batch = empty_batch(plan.ids.size());   // pinned memory, a tensor, a vector
///       batches.fill(plan, batch.images, batch.labels);
///       return batch;
///     });
class ImageBatches {
 public:
  /// Errors: `Error` for settings that are out of range.
  ImageBatches(ImageSet set, const ImageTransform& transform, std::uint64_t seed = 0);
  ~ImageBatches();

  const ImageSet& set() const;
  const ImageTransform& transform() const;

  /// Returns how many bytes an image takes in a batch.
  std::int64_t image_bytes() const;

  /// Makes the images of a batch and their labels. What an image looks like follows from seed, the
  /// plan's epoch and the image, whatever rank or thread makes it, and beside which others.
  /// Args: images [B, size, size, 3] of the transform's type; labels [B].
  /// Errors: `Error` naming the file that is damaged or gone.
  void fill(const BatchPlan& plan, void* images, std::span<std::int64_t> labels) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace common::data
