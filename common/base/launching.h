// Runs of several processes, as the parent sees them: started, started again, ended.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "common/base/flags.h"
#include "common/base/run.h"

namespace common::base {

/// This process's place among the ranks of a training, and how ranks are started.
struct Launching {
  std::int64_t rank = 0, size = 1;  ///< of this process
  bool by_us = false;               ///< whether this process was started by `start`
  std::int64_t attempt = 0;  ///< of one who starts all again after a failure: torchrun's restarts
  /// Starts this program `ranks` times with these arguments and waits for all. Returns 0, or 130
  /// after Ctrl-C, or the exit code of the rank that failed first. Empty: there is one rank only.
  std::function<int(std::int64_t ranks, const std::vector<std::string>& arguments)> start;
};

/// Thrown when ranks have failed; they have said why.
struct RanksFailed {
  int code = 0;  ///< exit code of the one that failed first
};

/// Trains one seed on `flags.nproc` ranks that write into `dir`, and starts them up to
/// `flags.restarts` times again from their last checkpoint when one fails.
/// Returns what the run came to; of a finished one that is resumed what it had come to.
/// Errors: `Interrupted` after Ctrl-C, `RanksFailed`.
Metrics run_on_ranks(const Launching& launching, const Flags& flags, const RunConfig& config,
                     const std::filesystem::path& dir, bool resume);

}  // namespace common::base
