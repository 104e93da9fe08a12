#include "week09_ddp_imagenet/prepare.h"

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/interrupt.h"
#include "common/data/packed_images.h"
#include "week09_ddp_imagenet/images.h"

namespace week09 {
namespace fs = std::filesystem;
using common::base::Metrics;
using common::base::Run;

void describe(common::base::Settings& s, PrepareConfig& c) {
  s.add("images", &c.images,
        "folder with train/CLASS/FILE.jpg and val/; empty: the subset of Imagenette");
  s.add("to", &c.to,
        "folder for train.images and val.images; empty: FOLDER-packed in the data folder");
  s.add("shorter", &c.shorter,
        "make larger images so small that their shorter side is this; 0: keep all as they are")
      .range(0, 4096);
  s.add("quality", &c.quality, "of images that are made smaller").range(1, 100);
  s.add("on-bad", &c.on_bad, "what to do with broken files").one_of({"refuse", "skip"});
}

Metrics prepare(const PrepareConfig& c, Run& run) {
  using namespace common::data;
  Config config;
  config.images = c.images;
  const fs::path from = images_folder(config, run.config().data_dir);
  common::base::require(fs::is_directory(from / "train"),
                        from.string() + " has no folder train/: it is packed already?");
  const fs::path to =
      c.to.empty() ? run.config().data_dir /
                         (fs::absolute(from).lexically_normal().filename().string() + "-packed")
                   : fs::path(c.to);
  fs::create_directories(to);
  PackOptions options;
  options.shorter = c.shorter;
  options.quality = static_cast<int>(c.quality);
  options.on_bad = c.on_bad == "skip" ? OnBad::kSkip : OnBad::kRefuse;
  options.stop = common::base::interrupted;
  options.workers = run.config().threads;
  double images = 0, bad = 0, bytes = 0;
  for (const auto& [part, file] :
       {std::pair("train", kPackedTrain), std::pair("val", kPackedVal)}) {
    ImageFolder folder = scan_image_folder(from / part);
    drop_bad(folder, {}, options.on_bad);
    const auto before = packed_before(folder, to / file, options);
    const Packed packed = before ? *before : pack_images(folder, to / file, options);
    say_left_out(packed.bad, folder.others, run);
    run.say(
        (to / file).string() + ": " + std::to_string(packed.images) + " images, " +
        common::base::human_bytes(packed.bytes) +
        (packed.resumed > 0 ? ", " + std::to_string(packed.resumed) + " were there already" : ""));
    images += static_cast<double>(packed.images);
    bad += static_cast<double>(packed.bad.size());
    bytes += static_cast<double>(packed.bytes);
  }
  run.say("train on them: ./dev run week09_ddp_imagenet --images " + to.string());
  return {{"images", images}, {"bad", bad}, {"bytes", bytes}};
}

}  // namespace week09
