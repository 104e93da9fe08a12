#include "common/data/image_set.h"

#include <mutex>
#include <stdexcept>
#include <utility>

#include "common/base/json.h"

namespace common::data {
namespace {

// What one thread needs for its images.
struct Bench {
  explicit Bench(const ImageTransform& transform) : maker(transform) {}
  ImageMaker maker;
  std::string buffer;
};

}  // namespace

ImageSet image_set(ImageFolder folder) {
  const auto shared = std::make_shared<const ImageFolder>(std::move(folder));
  const auto sample = [shared](std::int64_t i) -> const ImageSample& {
    return shared->samples.at(static_cast<std::size_t>(i));
  };
  ImageSet set;
  set.classes = shared->classes;
  set.count = static_cast<std::int64_t>(shared->samples.size());
  set.label = [sample](std::int64_t i) { return sample(i).label; };
  set.name = [sample](std::int64_t i) { return sample(i).path; };
  set.bytes = [sample, root = shared->root.string() + "/"](std::int64_t i, std::string& buffer) {
    return read_image_file(root + sample(i).path, buffer);
  };
  return set;
}

struct ImageBatches::State {
  State(ImageSet of, const ImageTransform& how, std::uint64_t draws_from)
      : set(std::move(of)), transform(how), seed(draws_from) {}

  std::unique_ptr<Bench> borrow() {
    {
      const std::scoped_lock lock(mutex);
      if (!free.empty()) {
        auto bench = std::move(free.back());
        free.pop_back();
        return bench;
      }
    }
    return std::make_unique<Bench>(transform);
  }

  void give_back(std::unique_ptr<Bench> bench) {
    const std::scoped_lock lock(mutex);
    free.push_back(std::move(bench));
  }

  const ImageSet set;
  const ImageTransform transform;
  const std::uint64_t seed;
  std::mutex mutex;  // guards free
  std::vector<std::unique_ptr<Bench>> free;
};

ImageBatches::ImageBatches(ImageSet set, const ImageTransform& transform, std::uint64_t seed) {
  require_valid(transform);
  state_ = std::make_unique<State>(std::move(set), transform, seed);
}
ImageBatches::~ImageBatches() = default;

const ImageSet& ImageBatches::set() const { return state_->set; }
const ImageTransform& ImageBatches::transform() const { return state_->transform; }

std::int64_t ImageBatches::image_bytes() const {
  const ImageTransform& t = state_->transform;
  return 3 * t.size * t.size * pixel_bytes(t.type);
}

void ImageBatches::fill(const BatchPlan& plan, void* images, std::span<std::int64_t> labels) const {
  if (labels.size() != plan.ids.size()) {
    throw std::logic_error("ImageBatches::fill: one label is wanted for each image");
  }
  const ImageSet& set = state_->set;
  auto bench = state_->borrow();
  for (std::size_t i = 0; i < plan.ids.size(); ++i) {
    const std::int64_t id = plan.ids[i];
    const std::int64_t stream = plan.epoch * set.count + id;
    base::Random random(state_->seed, static_cast<std::uint64_t>(stream));
    const std::string_view bytes = set.bytes(id, bench->buffer);
    auto* const out = static_cast<char*>(images) + static_cast<std::int64_t>(i) * image_bytes();
    bench->maker.make(bytes, base::shown(set.name(id)), random, out);
    labels[i] = set.label(id);
  }
  state_->give_back(std::move(bench));  // not after an error: its memory may be large
}

}  // namespace common::data
