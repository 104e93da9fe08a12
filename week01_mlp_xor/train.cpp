// `train`: a run from data to pictures, and cross-validation.
#include <chrono>
#include <cmath>

#include "common/base/device.h"
#include "common/base/error.h"
#include "common/base/interrupt.h"
#include "common/base/progress.h"
#include "common/base/text.h"
#include "common/data/folds.h"
#include "week01_mlp_xor/commands.h"
#include "week01_mlp_xor/learn.h"
#include "week01_mlp_xor/pictures.h"

namespace week01 {
using common::base::Metrics;
using common::base::percent;
using common::base::Run;
using torch::Tensor;
namespace {

std::string describe_network(const Mlp& mlp, const Problem& problem) {
  std::string sizes;
  for (const int64_t n : mlp.sizes) {
    if (!sizes.empty()) sizes += '-';
    sizes += std::to_string(n);
  }
  return problem.name + ": " + std::to_string(problem.train.size()) + " samples to train on, " +
         std::to_string(problem.test.size()) + " to " + problem.test_name + "; network " + sizes +
         " with " + std::to_string(mlp.parameters.flat.numel()) + " parameters";
}

// What one training run has besides the learner: its curves, frames and clock.
struct Session {
  const Config& config;
  const Problem& problem;
  Run& run;
  Loss loss;
  std::vector<int64_t> frame_at;  // epochs that get a frame of the boundary
  std::vector<Tensor> frames = {};
  double train_seconds = 0;

  bool wants_frames() const { return run.writes() && problem.is_plane(); }

  void add_frame(const Learner& learner) {
    if (!wants_frames() || frames.size() >= frame_at.size()) return;
    if (learner.epoch == frame_at[frames.size()]) {
      frames.push_back(boundary_frame(learner.mlp, problem));
    }
  }

  void log(const Learner& learner) {
    const Score train = evaluate(learner.mlp, problem.train, loss);
    run.log(learner.epoch, "train", {{"loss", train.loss}, {"accuracy", train.accuracy}});
    // A test set is read once, at the end; what is watched on the way is a validation set.
    if (problem.test.size() > 0 && problem.test_name == "validation") {
      const Score test = evaluate(learner.mlp, problem.test, loss);
      run.log(learner.epoch, problem.test_name, {{"loss", test.loss}, {"accuracy", test.accuracy}});
    }
  }

  void save(const Learner& learner) {
    if (!run.writes()) return;
    save_checkpoint(run.dir(), learner, frames.empty() ? Tensor() : torch::stack(frames),
                    {run.seconds(), train_seconds});
  }
};

// Goes on from the checkpoint, if there is one.
void resume(Session& session, Learner& learner) {
  Tensor frames;
  Clocks clocks;
  if (!session.run.resumed()) return;
  if (!load_checkpoint(session.run.dir(), learner, frames, clocks)) {
    session.run.rewind(0);  // it stopped before it saved: from the start
    return;
  }
  session.run.earlier_seconds = clocks.run_s;
  session.train_seconds = clocks.train_s;
  if (frames.defined()) session.frames = frames.unbind(0);
  session.run.rewind(learner.epoch + 1);
  session.run.say("going on after epoch " + std::to_string(learner.epoch));
}

Metrics final_metrics(const Session& session, const Learner& learner, const Score& train,
                      const Score& test) {
  const Problem& problem = session.problem;
  Metrics metrics = {{"train_loss", train.loss}, {"train_accuracy", train.accuracy}};
  if (problem.test.size() > 0) {
    metrics.emplace_back(problem.test_name + "_loss", test.loss);
    metrics.emplace_back(problem.test_name + "_accuracy", test.accuracy);
  }
  if (problem.name == "xor") {
    // The first epoch from which every evaluation found four of four right.
    double solved_at = NAN;
    for (const auto& [epoch, accuracy] : session.run.history("train", "accuracy")) {
      if (accuracy < 1) solved_at = NAN;
      if (accuracy == 1 && std::isnan(solved_at)) solved_at = epoch;
    }
    metrics.emplace_back("solved", train.accuracy == 1 ? 1 : 0);
    metrics.emplace_back("epochs_to_solve", solved_at);
  }
  metrics.emplace_back("epochs", static_cast<double>(learner.epoch));
  metrics.emplace_back("train_seconds", session.train_seconds);
  return metrics;
}

// Trains and validates on each fold of each shuffle; no pictures, the mean is what counts.
Metrics cross_validate(const Config& config, Run& run, const Problem& all, Loss loss,
                       const torch::Device& device) {
  std::vector<double> accuracies;
  const auto folds_in_all = config.shuffles * config.folds;
  common::base::Progress progress("cross-validation", folds_in_all, "folds");
  for (int64_t shuffle = 0; shuffle < config.shuffles; ++shuffle) {
    const auto shuffle_seed = static_cast<uint64_t>(run.config().seed * config.shuffles + shuffle);
    const Tensor label = all.train.label.cpu();
    const std::vector<int64_t> labels(label.data_ptr<int64_t>(),
                                      label.data_ptr<int64_t>() + label.numel());
    double right = 0;
    int64_t fold = 0;
    for (const auto& part : common::data::stratified_folds(labels, config.folds, shuffle_seed)) {
      Samples train = select(all.train, part.train), held_out = select(all.train, part.test);
      Problem problem = all;
      problem.scaling = standardise_(train, held_out);
      problem.train = train;
      const uint64_t seed = shuffle_seed * 1000 + static_cast<uint64_t>(fold++);
      Learner learner = make_learner(config, problem, seed, device);
      learn(learner, config, train, loss, seed,
            [](const Learner&) { return !common::base::interrupted(); });
      if (common::base::interrupted()) throw common::base::Interrupted();
      right +=
          evaluate(learner.mlp, held_out, loss).accuracy * static_cast<double>(held_out.size());
      progress.update(shuffle * config.folds + fold);
    }
    accuracies.push_back(right / static_cast<double>(all.train.size()));
    run.log(shuffle, "cv", {{"accuracy", accuracies.back()}});
    run.say("shuffle " + std::to_string(shuffle) + ": " + percent(accuracies.back()));
  }
  double mean = 0, squares = 0;
  for (const double a : accuracies) mean += a / static_cast<double>(accuracies.size());
  for (const double a : accuracies) squares += (a - mean) * (a - mean);
  const auto n = static_cast<double>(accuracies.size());
  run.say("mean of " + std::to_string(accuracies.size()) + " shuffles of " +
          std::to_string(config.folds) + " folds: " + percent(mean));
  return {{"cv_accuracy", mean}, {"cv_accuracy_sd", n > 1 ? std::sqrt(squares / (n - 1)) : 0}};
}

void draw_all(const Session& session, const Learner& learner, const Score& train,
              const Score& test) {
  const Problem& problem = session.problem;
  const auto& dir = session.run.dir();
  draw_curves(session.run, problem);
  if (session.wants_frames()) {
    std::vector<int64_t> epochs = session.frame_at;
    epochs.resize(session.frames.size());
    draw_boundary(dir, problem, torch::stack(session.frames), epochs);
  }
  if (problem.inputs() == 28 * 28) draw_first_layer(dir, learner.mlp);
  const bool has_test = problem.test.size() > 0;
  draw_confusion(dir, problem, has_test ? problem.test : problem.train, has_test ? test : train);
}

}  // namespace

Metrics train(const Config& config, Run& run) {
  const c10::InferenceMode no_autograd;
  const auto seed = static_cast<uint64_t>(run.config().seed);
  const torch::Device device = common::base::pick_device(run.config().device);
  Problem problem = load_problem(config, run.config().data_dir, seed);
  const auto classes = static_cast<int64_t>(problem.classes.size());
  const Loss loss = loss_of(config, classes);
  to_device_(problem, device);
  if (config.folds > 0) return cross_validate(config, run, problem, loss, device);

  Session session{config, problem, run, loss, frame_epochs(config.epochs, /*count=*/40)};
  Learner learner = make_learner(config, problem, seed, device);
  run.say(describe_network(learner.mlp, problem));
  resume(session, learner);
  const int64_t evaluate_every =
      config.evaluate_every > 0 ? config.evaluate_every : std::max<int64_t>(1, config.epochs / 100);
  common::base::Progress progress("training", config.epochs, "epochs", learner.epoch);
  if (learner.epoch == 0) {
    session.add_frame(learner);
    session.log(learner);
  }
  using Clock = std::chrono::steady_clock;
  auto saved_at = Clock::now(), epoch_began = Clock::now();

  learn(learner, config, problem.train, loss, seed, [&](const Learner& now) {
    session.train_seconds += std::chrono::duration<double>(Clock::now() - epoch_began).count();
    session.add_frame(now);
    if (now.epoch % evaluate_every == 0 || now.epoch == config.epochs) session.log(now);
    const bool stop = common::base::interrupted() && now.epoch < config.epochs;
    if (stop || Clock::now() - saved_at > std::chrono::seconds(10) || now.epoch == config.epochs) {
      session.save(now);
      saved_at = Clock::now();
    }
    progress.update(now.epoch);
    epoch_began = Clock::now();  // evaluation and saving are not training
    return !stop;
  });
  if (learner.epoch < config.epochs) throw common::base::Interrupted();

  const Score on_train = evaluate(learner.mlp, problem.train, loss);
  const Score on_test =
      problem.test.size() > 0 ? evaluate(learner.mlp, problem.test, loss) : Score{};
  if (run.writes()) draw_all(session, learner, on_train, on_test);
  run.say("training set: " + percent(on_train.accuracy) + " right" +
          (problem.test.size() > 0
               ? ", " + problem.test_name + " set: " + percent(on_test.accuracy) + " right"
               : ""));
  return final_metrics(session, learner, on_train, on_test);
}

}  // namespace week01
