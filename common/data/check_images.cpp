// check_images: every file of a folder is looked into, by all cores.
#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "common/base/error.h"
#include "common/base/progress.h"
#include "common/data/image_folder.h"

namespace common::data {
namespace {

// Looks into one file; throws what is wrong with it.
void look_into(const std::filesystem::path& path, const CheckOptions& options, JpegDecoder& decoder,
               std::string& buffer) {
  const JpegHeader& header = decoder.open(read_image_file(path, buffer), "");
  if (options.decode) decoder.decode({0, 0, header.width, header.height});
}

}  // namespace

std::vector<BadImage> check_images(const ImageFolder& folder, const CheckOptions& options) {
  const auto count = static_cast<std::int64_t>(folder.samples.size());
  std::map<std::int64_t, BadImage> bad;  // by sample: threads find them in any order
  std::atomic<std::int64_t> next{0};
  std::int64_t done = 0;
  std::mutex mutex;  // guards bad, done and progress
  base::Progress progress("checking images", count, "images");
  const auto work = [&] {
    JpegDecoder decoder(options.limits);
    std::string buffer;
    for (std::int64_t i; (i = next++) < count;) {
      const ImageSample& sample = folder.samples[static_cast<std::size_t>(i)];
      std::string reason;
      try {
        look_into(folder.root / sample.path, options, decoder, buffer);
      } catch (const base::Error& error) {
        reason = error.what();
      }
      const std::scoped_lock lock(mutex);
      if (!reason.empty()) bad[i] = {sample.path, reason};
      if (++done; options.show_progress) progress.update(done);
    }
  };
  const std::int64_t cores = std::max<std::int64_t>(1, std::thread::hardware_concurrency());
  const std::int64_t workers =
      options.workers > 0 ? std::min<std::int64_t>(options.workers, 256) : cores;
  std::vector<std::thread> threads;
  for (std::int64_t i = 1; i < std::min(workers, count); ++i) threads.emplace_back(work);
  work();
  for (auto& thread : threads) thread.join();
  std::vector<BadImage> found;
  for (auto& [i, image] : bad) found.push_back(std::move(image));
  return found;
}

}  // namespace common::data
