// The network behind the page: a recipe that is trained step by step, and what is seen of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "week01_mlp_xor/learn.h"
#include "week01_mlp_xor/network.h"
#include "week01_mlp_xor/plane.h"
#include "week01_mlp_xor/recipe.h"

namespace week01 {

/// A `Model` of common::web::Live, which sees to it that one thread at a time calls it.
class Playground {
 public:
  /// Cells along a side of the plane's map, and of each unit's.
  static constexpr int64_t kGrid = 72, kUnitGrid = 24;

  /// Makes data and network of the recipe, and begins to train up to `recipe.until`.
  explicit Playground(const Recipe& recipe) { reset(recipe, /*running=*/false); }

  /// Begins anew with another recipe, which may keep running.
  /// Errors: `Error` for a recipe that cannot be; this stays as it was.
  void reset(const Recipe& recipe, bool running);
  /// Trains on by itself, or pauses; `speed` in steps a second, 0: as many as go.
  /// Errors: `Error` when there are fewer than two points to train on.
  void run(bool running, double speed);
  /// Takes so many steps as fast as they go, then pauses. Errors: as run().
  void step(int64_t steps);
  /// Changes a setting and trains on with it. Errors: as apply_change(), and after too many
  /// changes.
  void change(const std::string& name, const common::base::Json& value);

  /// Returns what reproduces the network as it is now.
  Recipe recipe() const;
  /// Errors: `Error` when a weight is no longer finite.
  NetworkFile network() const;
  const Learner& learner() const { return learner_; }
  const Problem& problem() const { return problem_; }

  // What Live asks for.
  bool moving() const { return catching_up() || running_; }
  double rate() const { return catching_up() ? catch_up_speed_ : speed_; }
  /// Takes one step. When a weight is no longer finite, training stops and the frame says so.
  void advance();
  std::string scene() const { return scene_json().dump(); }
  uint64_t scene_number() const { return version_; }
  std::string frame();

  /// Returns what stays the same until the next reset: recipe, points, view, sizes.
  common::base::Json scene_json() const;

  /// Returns whether steps are left that the recipe or step() asked for.
  bool catching_up() const { return step_ < until_; }

 private:
  void require_points() const;
  void begin_steps();
  void apply_due_changes();
  void leave_recipe();
  void add_maps(common::base::Json& frame) const;
  void add_scores(common::base::Json& frame);
  void stop(const std::string& why);

  Recipe recipe_;  // as it was opened; changes made since are added
  Config config_;  // as it is now
  uint64_t version_ = 0;
  Problem problem_;
  Learner learner_;
  std::unique_ptr<Steps> steps_;  // none with fewer than two points
  Parameters gradient_;           // [P], for the frame
  View view_{};
  torch::Tensor plane_;  // [kGrid^2, 2]
  int64_t step_ = 0;     // taken since the reset
  int64_t step_of_epoch_ = 0;
  int64_t samples_seen_ = 0;
  size_t changes_made_ = 0;  // of recipe_.changes
  int64_t until_ = 0;        // steps to catch up with
  bool running_ = false;
  double speed_ = 30, catch_up_speed_ = 0;  // steps a second, 0: as many as go
  std::string error_;                       // why training stopped
};

}  // namespace week01
