// Checkpoints: everything that the next step depends on, in one safetensors file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/base/json.h"
#include "common/base/named_tensors.h"
#include "common/train/ranks.h"

namespace common::train {

/// Something that a checkpoint keeps. `numbers` returns JSON, which keeps doubles exactly.
struct Part {
  std::string name;
  std::function<base::NamedTensors()> tensors = [] { return base::NamedTensors(); };
  std::function<void(const base::NamedTensors&)> load_tensors = [](const base::NamedTensors&) {};
  std::function<base::Json()> numbers = [] { return base::Json(); };
  std::function<void(const base::Json&)> load_numbers = [](const base::Json&) {};
};

/// Returns the part for something with state() and load(), as an Optimizer. It must live as long.
template <class Stateful>
Part part_of(const std::string& name, Stateful& object) {
  Part part;
  part.name = name;
  part.tensors = [&object] { return object.state(); };
  part.load_tensors = [&object](const base::NamedTensors& state) { object.load(state); };
  return part;
}

/// Returns the part for tensors that are there, as a model's: they are copied into.
Part part_of_tensors(const std::string& name, base::NamedTensors tensors);

/// Returns the part for torch's own generators, the CPU's and that of `device`, of all ranks. A
/// training that goes on with another number of ranks gets generators that are new, but always the
/// same.
Part part_of_generators(const Ranks& ranks = {}, const c10::Device& device = c10::kCPU);

/// The checkpoints of a run: FOLDER/step-000001234.safetensors, the last two. `Checkpoints{}` keeps
/// nothing.
class Checkpoints {
 public:
  Checkpoints() = default;
  /// Args: `identity` says what the run is, as RunConfig::identity(); a checkpoint of another one
  /// is refused; `writes`: whether save() writes, which only one rank may.
  Checkpoints(std::filesystem::path folder, base::Json identity, std::vector<Part> parts,
              bool writes = true);

  bool on() const { return !folder_.empty(); }
  void add(Part part) { parts_.push_back(std::move(part)); }

  /// Writes a checkpoint, aside and renamed, and removes all but it and the one before.
  /// Args: `step` is how many steps are done. Every rank must call it: parts may need all.
  /// Errors: `Error` when it cannot be written; those before stay.
  void save(std::int64_t step) const;

  /// Loads the newest checkpoint that is whole. One that is damaged is passed over with a line to
  /// `say`, and the one before is taken.
  /// Returns the steps done, or nothing when there is no checkpoint.
  /// Errors: `Error` when a checkpoint is of another run, or all are damaged.
  std::optional<std::int64_t> load(const std::function<void(const std::string&)>& say) const;

 private:
  std::filesystem::path folder_;
  base::Json identity_;
  std::vector<Part> parts_;
  bool writes_ = true;
};

}  // namespace common::train
