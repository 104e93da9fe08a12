#include "week01_mlp_xor/playground.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "common/base/base64.h"
#include "common/base/error.h"
#include "common/data/folds.h"

namespace week01 {
using common::base::Json;
using common::base::require;
using torch::Tensor;
namespace {

// A link's network is trained before the visitor's eyes, in no less than this.
constexpr double kSecondsToCatchUp = 1.5;
constexpr Loss kLoss = Loss::kBinaryCrossEntropy;

// The visitor's points, a share of them held out, scaled to mean 0 and deviation 1.
Problem own_problem(const Recipe& recipe) {
  const auto n = static_cast<int64_t>(recipe.own.size());
  Samples all{torch::empty({n, 2}, torch::kFloat64), torch::empty({n}, torch::kInt64)};
  for (int64_t i = 0; i < n; ++i) {
    const OwnPoint& point = recipe.own[static_cast<size_t>(i)];
    all.x.data_ptr<double>()[2 * i] = point.x;
    all.x.data_ptr<double>()[2 * i + 1] = point.y;
    all.label.data_ptr<int64_t>()[i] = point.label;
  }
  Problem problem{.name = "own", .classes = {"0", "1"}, .train = all, .test = {}};
  problem.test_name = "validation";
  const double share = recipe.config.validation;
  const auto held_out = std::lround(static_cast<double>(n) * share);
  if (held_out >= 1 && held_out < n) {
    const auto parts = common::data::split(n, share, static_cast<uint64_t>(recipe.seed));
    problem.test = select(all, parts.test);
    problem.train = select(all, parts.train);
  }
  if (problem.train.size() > 0) problem.scaling = standardise_(problem.train, problem.test);
  return problem;
}

Problem problem_of(const Recipe& recipe) {
  if (recipe.config.data == "own") return own_problem(recipe);
  Config config = recipe.config;
  config.validation = 0;  // the made sets hold as many points out as there are to train on
  return load_problem(config, /*data_dir=*/"", static_cast<uint64_t>(recipe.seed));
}

std::string base64(const Tensor& t) {
  return common::base::base64({static_cast<const char*>(t.data_ptr()), t.nbytes()});
}

// The settings that may change while the network trains.
auto to_settings(const Config& c) { return std::tie(c.lr, c.l2, c.batch_size, c.optimizer); }

// A number for JSON, which has no word for infinity.
Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(); }

bool all_finite(const Tensor& t) { return std::isfinite(t.sum().item<double>()); }

}  // namespace

void Playground::reset(const Recipe& recipe, bool running) {
  const c10::InferenceMode no_autograd;
  Problem problem = problem_of(recipe);
  Learner learner = make_learner(recipe.config, problem, static_cast<uint64_t>(recipe.seed));
  if (recipe.start) load_network(*recipe.start, problem.scaling, learner.mlp);
  // From here on nothing fails.
  recipe_ = recipe;
  config_ = recipe.config;
  problem_ = std::move(problem);
  learner_ = std::move(learner);
  gradient_ = Parameters::zeros(learner_.mlp.sizes);
  view_ = view_of(problem_);
  plane_ = cell_centres(view_, kGrid, problem_.scaling);
  step_ = step_of_epoch_ = samples_seen_ = 0;
  changes_made_ = 0;
  error_.clear();
  begin_steps();
  apply_due_changes();
  until_ = steps_ ? recipe_.until : 0;
  catch_up_speed_ = static_cast<double>(until_) / kSecondsToCatchUp;
  running_ = running && steps_;
  ++version_;
}

void Playground::begin_steps() {
  steps_.reset();
  if (problem_.train.size() < 2) return;
  steps_ = std::make_unique<Steps>(config_, problem_.train, kLoss,
                                   static_cast<uint64_t>(recipe_.seed), learner_.mlp);
}

void Playground::require_points() const {
  require(steps_ != nullptr, "there is nothing to learn yet: set two points or more");
  require(error_.empty(), error_ + "; reset begins again");
}

void Playground::run(bool running, double speed) {
  if (running) require_points();
  leave_recipe();
  running_ = running;
  speed_ = speed;
}

void Playground::step(int64_t steps) {
  require_points();
  leave_recipe();
  running_ = false;
  until_ = step_ + steps;
  catch_up_speed_ = 0;
}

void Playground::change(const std::string& name, const Json& value) {
  const c10::InferenceMode no_autograd;
  Config changed = config_;
  apply_change(changed, name, value);
  if (to_settings(changed) == to_settings(config_)) return;  // it has that value
  require(changes_made_ < Recipe::kMostChanges,
          "that was the last of " + std::to_string(Recipe::kMostChanges) + " changes; reset");
  leave_recipe();
  recipe_.changes.push_back({step_, name, value});
  apply_due_changes();
}

// The visitor acts himself: nothing more is caught up with.
void Playground::leave_recipe() {
  until_ = 0;
  recipe_.changes.resize(changes_made_);
}

void Playground::apply_due_changes() {
  for (; changes_made_ < recipe_.changes.size(); ++changes_made_) {
    const Change& change = recipe_.changes[changes_made_];
    if (change.step > step_) return;
    apply_change(config_, change.name, change.value);
    if (change.name == "optimizer") learner_.optimizer = make_optimizer(config_);
    if (change.name == "batch-size" && step_of_epoch_ > 0) {
      step_of_epoch_ = 0;  // the epoch at hand has batches of another size: the next begins
      ++learner_.epoch;
    }
    begin_steps();
  }
}

void Playground::advance() {
  const c10::InferenceMode no_autograd;
  steps_->take(learner_, step_of_epoch_);
  samples_seen_ += steps_->size_of(step_of_epoch_);
  ++step_;
  if (++step_of_epoch_ == steps_->per_epoch()) {
    step_of_epoch_ = 0;
    ++learner_.epoch;
  }
  apply_due_changes();
  if (!all_finite(learner_.mlp.parameters.flat)) {
    stop("the weights are no longer finite after step " + std::to_string(step_) +
         "; try a smaller learning rate");
  } else if (step_ == Recipe::kMostSteps) {
    stop("that was the last of ten million steps");
  }
}

NetworkFile Playground::network() const {
  require(all_finite(learner_.mlp.parameters.flat), "the weights are no longer finite; reset");
  return to_file(learner_.mlp, problem_.scaling);
}

void Playground::stop(const std::string& why) {
  error_ = why;
  running_ = false;
  until_ = 0;
}

Recipe Playground::recipe() const {
  Recipe now = recipe_;
  now.until = step_;
  now.changes.resize(changes_made_);
  return now;
}

Json Playground::scene_json() const {
  return {{"version", version_},
          {"recipe", to_json(recipe_)},
          {"classes", problem_.classes},
          {"train", points_json(problem_.train, problem_.scaling)},
          {"test", points_json(problem_.test, problem_.scaling)},
          {"test_name", problem_.test_name},
          {"x", {view_[0], view_[1]}},
          {"y", {view_[2], view_[3]}},
          {"grid", kGrid},
          {"unit_grid", kUnitGrid},
          {"sizes", learner_.mlp.sizes},
          {"parameters", learner_.mlp.parameters.flat.numel()}};
}

std::string Playground::frame() {
  const c10::InferenceMode no_autograd;
  const auto samples = static_cast<double>(std::max<int64_t>(1, problem_.train.size()));
  Json frame = {{"version", version_},
                {"step", step_},
                {"epoch", static_cast<double>(samples_seen_) / samples},
                {"running", running_},
                {"until", catching_up() ? Json(until_) : Json()},
                {"lr", config_.lr},
                {"l2", config_.l2},
                {"batch-size", config_.batch_size},
                {"optimizer", config_.optimizer}};
  add_scores(frame);
  add_maps(frame);
  frame["error"] = error_.empty() ? Json() : Json(error_);
  return frame.dump();
}

// Losses, accuracies, weights and gradient.
void Playground::add_scores(Json& frame) {
  const Mlp& mlp = learner_.mlp;
  const auto add = [&](const std::string& split, const Samples& samples) {
    const bool any = samples.size() > 0;
    const Score score = any ? evaluate(mlp, samples, kLoss) : Score{};
    frame[split + "_loss"] = any ? finite(score.loss) : Json();
    frame[split + "_accuracy"] = any ? Json(score.accuracy) : Json();
    return score;
  };
  const Score train = add("train", problem_.train);
  add("test", problem_.test);
  const auto n = static_cast<double>(problem_.train.size());
  frame["right"] = std::llround(train.accuracy * n);
  frame["of"] = problem_.train.size();
  if (problem_.train.size() > 0) {
    const Tape tape = forward(mlp, problem_.train.x);
    const Tensor y = targets(problem_.train.label, /*outputs=*/1);  // [N, 1]
    backward(mlp, tape, y, kLoss, config_.l2, gradient_);
  }
  frame["w"] = base64(mlp.parameters.flat.to(torch::kFloat32));
  frame["g"] = base64(gradient_.flat.to(torch::kFloat32));
}

// The answer on the plane, and the output of every hidden unit on every third cell.
void Playground::add_maps(Json& frame) const {
  const Tape tape = forward(learner_.mlp, plane_);
  frame["map"] = base64(
      (tape.p * 255).nan_to_num_().round_().clamp_(0, 255).to(torch::kUInt8));  // [kGrid^2, 1]
  std::vector<Tensor> units;
  for (const Tensor& f : tape.f) {  // [kGrid^2, n_l]
    constexpr int64_t kEvery = kGrid / kUnitGrid;
    const auto coarse = torch::indexing::Slice(kEvery / 2, torch::indexing::None, kEvery);
    const Tensor cells = f.view({kGrid, kGrid, -1}).index({coarse, coarse});
    units.push_back(cells.reshape({kUnitGrid * kUnitGrid, -1}).t());  // [n_l, kUnitGrid^2]
  }
  Json scales = Json::array();
  std::string bytes;
  if (!units.empty()) {
    const Tensor all = torch::cat(units);                              // [hidden, kUnitGrid^2]
    const Tensor scale = all.abs().amax(/*dim=*/1, /*keepdim=*/true);  // [hidden, 1]
    const Tensor share = all / scale.clamp_min(1e-300);                // within -1 and 1
    bytes = base64((share * 127)
                       .nan_to_num_()
                       .round_()
                       .add_(128)
                       .clamp_(0, 255)
                       .to(torch::kUInt8)
                       .contiguous());
    for (int64_t u = 0; u < all.size(0); ++u) scales.push_back(finite(scale[u].item<double>()));
  }
  frame["units"] = bytes;
  frame["unit_scale"] = scales;
}

}  // namespace week01
