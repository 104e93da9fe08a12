// Week 09: data-parallel training of a ResNet on (a subset of) ImageNet.
//
// Learned here: how ranks train one network together, a ring all-reduce by hand, what overlaps with
// what, loading real images as fast as they are used, going on after a rank was lost.
//   ./dev run week09_ddp_imagenet --nproc 2               1,000 images, two ranks
//   ./dev run week09_ddp_imagenet compare                 one rank against two
//   torchrun --no-python --nproc-per-node 2 build/release/bin/week09_ddp_imagenet
#include "common/base/memory.h"
#include "common/base/program.h"
#include "common/dist/launch.h"
#include "common/dist/rendezvous.h"
#include "week09_ddp_imagenet/bench.h"
#include "week09_ddp_imagenet/compare.h"
#include "week09_ddp_imagenet/prepare.h"
#include "week09_ddp_imagenet/profile.h"
#include "week09_ddp_imagenet/train.h"

namespace {

// Ranks run this same program.
common::base::Launching launching() {
  const auto rendezvous = common::dist::rendezvous_from_environment();
  return {rendezvous.world.rank, rendezvous.world.size, common::dist::was_launched(),
          rendezvous.attempt, [](std::int64_t ranks, const std::vector<std::string>& arguments) {
            return common::dist::launch("/proc/self/exe", arguments, ranks);
          }};
}

}  // namespace

int main(int argc, char** argv) {
  using namespace week09;
  common::base::keep_freed_memory();
  common::base::Program week("week09_ddp_imagenet", "Week 09: ResNet on ImageNet, data-parallel.");
  week.computes_mixed();
  week.trains_on_ranks(launching);
  week.command<Config>("train", "train a preset's network", "tiny", describe, train);
  week.command<EvaluateConfig>("evaluate", "top-1 and top-5 of a run's weights", "", describe,
                               evaluate);
  week.command<CompareConfig>("compare", "one rank against more: speed, waiting, equal losses",
                              "compare", describe, compare);
  week.command<ProfileConfig>("profile", "where the time of a step goes", "tiny", describe,
                              profile);
  week.command<PrepareConfig>("prepare", "pack a folder of images into two files", "", describe,
                              prepare);
  week.command<BenchConfig>("bench", "the C++ side of ./dev bench week09", "bench-128", describe,
                            bench);
  return week.main(argc, argv);
}
