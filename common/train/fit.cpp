#include "common/train/fit.h"

#include <ATen/ATen.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <cmath>
#include <cstdio>

#include "common/base/error.h"

namespace common::train {
using base::Json;

std::int64_t resume(Training& t, base::Run& run) {
  Part part;
  part.name = "fit";
  part.numbers = [&] { return Json{{"stopped", t.stopped}, {"run_seconds", run.seconds()}}; };
  part.load_numbers = [&](const Json& json) {
    t.stopped = json.at("stopped");
    run.earlier_seconds = json.at("run_seconds");
  };
  t.checkpoints.add(part);
  t.checkpoints.add(t.meter.part(t.ranks));
  t.checkpoints.add(part_of_generators(t.ranks, t.device));
  t.checkpoints.add(part_of("scaler", t.scaler));
  t.checkpoints.add(part_of("ema", t.ema));
  t.checkpoints.add(part_of("lookahead", t.lookahead));
  // Started again by torchrun, a rank may find the folder that rank 0 has just made.
  const at::Tensor resumed =
      t.ranks.all_gather(at::scalar_tensor(int64_t{run.resumed()}, at::kLong));
  if (resumed[0].item<int64_t>() == 0) return 0;
  const auto step = t.checkpoints.load([&](const std::string& line) { run.say(line); });
  t.step = step.value_or(0);
  t.saved_at_s = t.meter.seconds();
  const at::Tensor steps = t.ranks.all_gather(at::scalar_tensor(t.step, at::kLong));  // [ranks]
  base::require(steps.eq(steps[0]).all().item<bool>(),
                "the ranks found checkpoints of different steps: all must see the same folder " +
                    run.dir().string());
  run.rewind(step ? t.step + 1 : 0);
  run.say(step ? "going on after step " + std::to_string(t.step)
               : "there is no checkpoint yet: from the start");
  return t.step;
}

double log_step(Training& t, base::Run& run, const Rates& rates) {
  Meter::Reading reading = t.meter.read();
  if (t.ranks.world.size > 1) {
    const auto mean = [&](double mine) {
      return t.ranks.all_gather(at::scalar_tensor(mine, at::kDouble)).mean().item<double>();
    };
    reading.loss = mean(reading.loss);
    if (reading.accuracy) reading.accuracy = mean(*reading.accuracy);
  }
  if (!std::isfinite(reading.loss)) {
    char text[160];
    std::snprintf(text, sizeof text,
                  "the loss is %f at step %lld with learning rate %g; try a smaller one",
                  reading.loss, static_cast<long long>(t.step), rates.lr);
    throw LossNotFinite(text);
  }
  base::Metrics metrics = {{"loss", reading.loss},
                           {"lr", rates.lr},
                           {"momentum", rates.momentum},
                           {"samples_per_s", reading.samples_per_s}};
  if (reading.accuracy) metrics.emplace_back("accuracy", *reading.accuracy);
  run.log(t.step, "train", metrics);
  return reading.loss;
}

void wait_for(const c10::Device& device) {
  if (!device.is_cuda()) return;
  const c10::impl::VirtualGuardImpl gpu(device.type());
  gpu.synchronizeDevice(device.has_index() ? device.index() : gpu.getDevice().index());
}

Next what_next(Training& t) {
  const bool due = t.checkpoints.on() && t.meter.seconds() - t.saved_at_s >= t.save_every_s;
  Next next{base::interrupted(), due};
  if (t.ranks.world.size > 1) {
    const at::Tensor mine = at::tensor({int64_t{next.interrupted}, int64_t{next.save}});
    const at::Tensor any = t.ranks.all_gather(mine).amax(0);  // [2]
    next = {any[0].item<bool>(), any[1].item<bool>()};
  }
  if (next.save) t.saved_at_s = t.meter.seconds();
  const bool last = t.stopped || t.step == t.steps;
  next.interrupted = next.interrupted && !last;
  next.save = next.save || next.interrupted || last;
  return next;
}

}  // namespace common::train
