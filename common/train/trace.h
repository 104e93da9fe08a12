// A Chrome trace of some steps: every operation with its time, for chrome://tracing or
// ui.perfetto.dev.
#pragma once

#include <cstdint>
#include <filesystem>

namespace common::train {

/// Records the steps `first` to `first + steps` - 1 of a training, once. `Trace{}` is off.
class Trace {
 public:
  Trace() = default;
  /// Args: `first` steps are left out, counted from where training begins or goes on: they are
  /// slower than the rest. The file is written when the last traced step is done.
  explicit Trace(std::filesystem::path file, std::int64_t first = 3, std::int64_t steps = 5);
  ~Trace();
  Trace(Trace&&) noexcept;
  Trace& operator=(Trace&&) noexcept;

  /// Says that the next step begins.
  void begin_step();
  /// Ends the recording if the training ends before it did.
  void end();

 private:
  std::filesystem::path file_;
  std::int64_t until_first_ = 0, left_ = 0;
  bool recording_ = false;
};

}  // namespace common::train
