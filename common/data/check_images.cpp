// check_images: every file of a folder is looked into, by all cores.
#include <map>
#include <mutex>
#include <new>

#include "common/base/error.h"
#include "common/base/interrupt.h"
#include "common/base/progress.h"
#include "common/base/workers.h"
#include "common/data/image_folder.h"

namespace common::data {
namespace {

// What one thread needs.
struct Worker {
  explicit Worker(const JpegLimits& limits) : decoder(limits) {}
  JpegDecoder decoder;
  std::string buffer;
};

// What is wrong with a file, "" when nothing is.
std::string fault_of(const std::filesystem::path& path, const CheckOptions& options,
                     Worker& worker) {
  try {
    const JpegHeader& header = worker.decoder.open(read_image_file(path, worker.buffer), "");
    if (options.decode) worker.decoder.decode({0, 0, header.width, header.height});
  } catch (const base::Error& error) {
    return error.what();
  } catch (const std::bad_alloc&) {
    return "there is no memory for its pixels";
  }
  return "";
}

}  // namespace

std::vector<BadImage> check_images(const ImageFolder& folder, const CheckOptions& options) {
  const auto count = static_cast<std::int64_t>(folder.samples.size());
  const std::int64_t threads = base::threads_or_cores(options.workers);
  std::vector<Worker> workers;
  for (std::int64_t i = 0; i < threads; ++i) workers.emplace_back(options.limits);
  std::map<std::int64_t, BadImage> bad;  // by sample: threads find them in any order
  std::int64_t done = 0;
  std::mutex mutex;  // guards bad, done and progress
  base::Progress progress("checking images", count, "images");
  base::share_out(count, threads, [&](std::int64_t thread, std::int64_t i) {
    if (options.stop && options.stop()) return;
    const ImageSample& sample = folder.samples[static_cast<std::size_t>(i)];
    const std::string reason =
        fault_of(folder.root / sample.path, options, workers[static_cast<std::size_t>(thread)]);
    const std::scoped_lock lock(mutex);
    if (!reason.empty()) bad[i] = {sample.path, reason};
    if (++done; options.show_progress) progress.update(done);
  });
  if (options.stop && options.stop()) throw base::Interrupted();
  std::vector<BadImage> found;
  for (auto& [i, image] : bad) found.push_back(std::move(image));
  return found;
}

}  // namespace common::data
