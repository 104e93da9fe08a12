// fit: the training loop of the weeks, in one place and in full.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/record_function.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/base/interrupt.h"
#include "common/base/progress.h"
#include "common/base/run.h"
#include "common/base/text.h"
#include "common/train/average.h"
#include "common/train/checkpoint.h"
#include "common/train/lanes.h"
#include "common/train/meter.h"
#include "common/train/optimizer.h"
#include "common/train/precision.h"
#include "common/train/ranks.h"
#include "common/train/schedule.h"
#include "common/train/trace.h"

namespace common::train {

/// What a training consists of. Every part that may be left out has a neutral form, its default.
struct Training {
  Optimizer& optimizer;
  Schedule schedule = {};
  std::int64_t steps = 0;          ///< in all
  std::int64_t micro_batches = 1;  ///< whose gradients are averaged in a step
  std::int64_t batch_size = 0;     ///< samples a step, of all micro-batches and ranks, when full
  c10::Device device = c10::kCPU;
  c10::ScalarType precision = c10::ScalarType::Float;
  Lanes lanes = {};  ///< micro-batches side by side
  Ranks ranks = {};  ///< processes side by side; with more than one, one lane in each
  GradScaler scaler = {};
  double clip_norm = 0;  ///< largest norm of the gradients; 0: no limit
  Ema ema = {};
  Lookahead lookahead = {};
  std::function<double(std::int64_t step)> lookahead_decay = [](std::int64_t) { return 0.5; };
  Checkpoints checkpoints = {};
  std::int64_t log_every = 20, evaluate_every = 0;  ///< steps; 0: only after the last
  double save_every_s = 60;

  std::int64_t step = 0;  ///< done
  bool stopped = false;   ///< evaluate() said so
  Meter meter = {};
  Trace trace = {};
  double saved_at_s = 0;  ///< the meter's seconds at the last checkpoint
};

/// What evaluate() answers.
enum class Verdict { kGoOn, kStop };

/// Adds to `training.checkpoints` what `training` itself must remember. When `run` goes on from
/// before, loads the newest checkpoint into all parts and drops what was logged after it.
/// Returns the steps done. A loader seeks there: to that times micro_batches, where it gives
/// micro-batches.
std::int64_t resume(Training& training, base::Run& run);

/// A loss that is infinite or no number: the training cannot go on.
struct LossNotFinite : base::Error {
  using base::Error::Error;
};

/// Logs loss, accuracy, rates and speed. Waits for the device.
/// Errors: `LossNotFinite` with step and learning rate.
/// Returns the loss, the mean over the ranks.
double log_step(Training& training, base::Run& run, const Rates& rates);

/// What is to be done after a step, on all ranks as soon as one of them says so.
struct Next {
  bool interrupted = false;  ///< Ctrl-C came, with steps left
  bool save = false;         ///< after the last step, before an interruption, and every so often
};
Next what_next(Training& training);

/// Waits until a GPU has done what it was given.
void wait_for(const c10::Device& device);

/// Trains from `training.step` to `training.steps`.
/// Args: `next()` returns a batch; `loss_of(batch, lane)` its mean loss, one number, or a whole
/// `Judgement`, by the network of that lane (on as many threads at once as there are lanes);
/// `evaluate(step)` is called every `evaluate_every` steps and after the last, and may end the
/// training.
/// Errors: `LossNotFinite` when a logged loss is that; `Interrupted` after Ctrl-C, when all is
/// saved.
template <class NextBatch, class LossOf, class Evaluate>
void fit(Training& training, base::Run& run, NextBatch next, LossOf loss_of, Evaluate evaluate) {
  Training& t = training;
  if (t.ranks.world.size > 1 && t.lanes.count() > 1) {
    throw std::logic_error("fit: with more than one rank each has one lane");
  }
  const std::vector<at::Tensor> parameters = t.optimizer.parameters();
  base::Progress progress("training", t.steps, "steps", t.step,
                          t.ranks.world.is_main() ? stderr : nullptr);
  std::vector<decltype(next())> batches;  // of one step
  std::vector<Judgement> judged(static_cast<std::size_t>(t.micro_batches));
  const double share = 1.0 / static_cast<double>(t.micro_batches);
  std::string note;
  const auto aside = [&t](const auto& work) {  // what is not training
    wait_for(t.device);
    t.meter.pause();
    work();
    t.meter.start();
  };
  t.meter.start();
  while (t.step < t.steps && !t.stopped) {
    t.trace.begin_step();
    const Rates rates = t.schedule(t.step);
    t.optimizer.zero_grad();
    batches.clear();
    {
      RECORD_USER_SCOPE("data");
      for (std::int64_t i = 0; i < t.micro_batches; ++i) batches.push_back(next());
    }
    t.lanes.each(t.micro_batches, [&](std::int64_t i, std::int64_t lane) {
      const auto m = static_cast<std::size_t>(i);
      {
        RECORD_USER_SCOPE("forward");
        const Autocast autocast(t.device, t.precision);
        judged[m] = loss_of(batches[m], lane);
      }
      RECORD_USER_SCOPE("backward");
      const at::Tensor scaled = t.scaler.scale(judged[m].loss * share);
      if (i + 1 == t.micro_batches) t.ranks.before_backward(scaled);
      scaled.backward();
    });
    for (const Judgement& one : judged) t.meter.add(one, share);
    {
      RECORD_USER_SCOPE("optimizer");
      t.scaler.unscale_(parameters);
      if (t.clip_norm > 0) clip_grad_norm_(parameters, t.clip_norm);
      t.optimizer.step(t.step, rates, t.scaler.found_inf());
      t.scaler.update();
      t.ema.update(t.step);
      t.lookahead.update(t.step, t.lookahead_decay(t.step));
    }
    t.meter.count(t.batch_size);
    ++t.step;

    const bool last = t.step == t.steps;
    if (last) t.lookahead.finish();
    const auto due = [&](std::int64_t every) { return last || (every > 0 && t.step % every == 0); };
    if (due(t.log_every)) note = "loss " + base::formatted("%.4f", log_step(t, run, rates));
    progress.update(t.step, note);
    if (due(t.evaluate_every)) {
      aside([&] { t.stopped = evaluate(t.step) == Verdict::kStop; });
    }
    const Next now = what_next(t);
    if (now.save) aside([&] { t.checkpoints.save(t.step); });
    if (now.interrupted) throw base::Interrupted();
  }
  t.meter.pause();
  t.trace.end();
}

}  // namespace common::train
