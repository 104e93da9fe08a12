#include "week09_ddp_imagenet/bench.h"

#include <ATen/ATen.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <numeric>

#include "common/data/jpeg.h"
#include "common/data/loader.h"
#include "week09_ddp_imagenet/images.h"

namespace week09 {
using common::base::Json;
using common::base::Metrics;
using common::base::Run;
using common::data::BatchPlan;
using common::data::ImageSet;
namespace {

void print(const Json& json) {
  std::printf("%s\n", json.dump().c_str());
  std::fflush(stdout);
}

// Means of the first images as a network would be shown them: equal where the work is equal.
std::vector<double> means(const ImageSet& images, const Config& config) {
  constexpr int64_t kGroups = 3, kImages = 32;
  common::base::require(images.count >= kGroups * kImages,
                        "bench wants " + std::to_string(kGroups * kImages) +
                            " validation images, there are " + std::to_string(images.count));
  const Batches batches = Batches::validation(images, config, at::kFloat);
  std::vector<double> all;
  for (int64_t group = 0; group < kGroups; ++group) {
    BatchPlan plan;
    plan.ids.resize(kImages);
    std::iota(plan.ids.begin(), plan.ids.end(), group * kImages);
    all.push_back(batches.make(plan).images.mean().item<double>() + 1);  // not near 0
  }
  return all;
}

// Batches of whole epochs. Workers stop at the end of each call, so that nothing is made ahead
// while somebody else is measured.
template <class Product>
double images_per_s(common::data::Loader<Product>& loader, int64_t images, int64_t epochs) {
  const auto begin = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < epochs * loader.batches_per_epoch(); ++i) loader.next();
  const auto end = std::chrono::steady_clock::now();
  loader.seek(loader.position());
  return static_cast<double>(epochs * images) / std::chrono::duration<double>(end - begin).count();
}

// Decodes the whole images of a plan; returns how many pixels.
int64_t decode(const ImageSet& images, const BatchPlan& plan) {
  static thread_local common::data::JpegDecoder decoder;
  static thread_local std::string buffer;
  int64_t pixels = 0;
  for (const int64_t id : plan.ids) {
    const auto& header = decoder.open(images.bytes(id, buffer), "");
    pixels += header.width * header.height;
    decoder.decode({0, 0, header.width, header.height});
  }
  return pixels;
}

template <class Product>
void answer_lines(const common::data::LoaderOptions& options,
                  const std::function<Product(const BatchPlan&)>& make) {
  common::data::Loader<Product> loader(options, make);
  for (std::string line; std::getline(std::cin, line);) {
    print({{"images_per_s", images_per_s(loader, options.samples, std::stoll(line))}});
  }
}

}  // namespace

void describe(common::base::Settings& s, BenchConfig& c) {
  describe(s, c.config);
  s.add("what", &c.what, "what is measured: batches, or decoding alone")
      .one_of({"batches", "decode"});
}

Metrics bench(const BenchConfig& c, Run& run) {
  const Data data = open_images(c.config, run);
  common::data::LoaderOptions options;
  options.samples = data.train.count;
  options.batch_size = c.config.batch_size;
  options.drop_last = false;
  options.workers = c.config.workers;
  print({{"losses", means(data.val, c.config)}});
  if (c.what == "decode") {
    answer_lines<int64_t>(options, [&](const BatchPlan& plan) { return decode(data.train, plan); });
  } else {
    const Batches batches = Batches::training(data.train, c.config, /*seed=*/0, at::kFloat);
    answer_lines<Batch>(options, [&](const BatchPlan& plan) { return batches.make(plan); });
  }
  return {};
}

}  // namespace week09
