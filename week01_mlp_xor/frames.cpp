// `frames`: how fast the playground makes what the page shows.
#include <chrono>

#include "common/base/interrupt.h"
#include "common/base/progress.h"
#include "week01_mlp_xor/commands.h"
#include "week01_mlp_xor/playground.h"

namespace week01 {

void describe(common::base::Settings& s, FramesConfig& c) {
  s.add("hidden", &c.hidden, "units of each hidden layer").range(1, 8).count(0, 6);
  s.add("frames", &c.frames, "how many are made").range(10, 100'000);
}

common::base::Metrics frames(const FramesConfig& config, common::base::Run& run) {
  using Clock = std::chrono::steady_clock;
  Recipe recipe;
  recipe.config.data = "spirals";
  recipe.config.hidden = config.hidden;
  recipe.config.batch_size = 10;
  recipe.seed = run.config().seed;
  Playground playground(recipe);
  playground.run(/*running=*/true, /*speed=*/0);
  const int64_t steps = recipe.config.points / recipe.config.batch_size;  // an epoch
  double in_frames = 0;
  size_t bytes = 0;
  common::base::Progress progress("frames", config.frames, "frames");
  const auto began = Clock::now();
  for (int64_t i = 0; i < config.frames; ++i) {
    for (int64_t s = 0; s < steps; ++s) playground.advance();
    const auto frame_began = Clock::now();
    bytes = playground.frame().size();
    in_frames += std::chrono::duration<double>(Clock::now() - frame_began).count();
    progress.update(i + 1);
    if (common::base::interrupted()) throw common::base::Interrupted();
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
  const auto n = static_cast<double>(config.frames);
  run.say(std::to_string(n / seconds) + " frames a second, each after " + std::to_string(steps) +
          " steps; " + std::to_string(1000 * in_frames / n) + " ms and " + std::to_string(bytes) +
          " bytes a frame");
  return {{"frames_per_s", n / seconds},
          {"frame_ms", 1000 * in_frames / n},
          {"frame_bytes", static_cast<double>(bytes)}};
}

}  // namespace week01
