// Starts a program as several ranks on this machine: what `--nproc N` does.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace common::dist {

/// How ranks are started.
struct LaunchOptions {
  double grace_s = 10;  ///< for the others to notice that one has failed, and to say so
  bool quiet = false;   ///< leaves out what rank 0 writes to its standard output
};

/// Starts `program` as ranks 0 to `ranks` - 1 with these arguments, in the environment that
/// torchrun makes (RANK, LOCAL_RANK, WORLD_SIZE, LOCAL_WORLD_SIZE, MASTER_ADDR, MASTER_PORT), and
/// waits for all. Rank 0 has this process's output; lines of the others are written to stderr with
/// "[rank N] " in front. Ctrl-C is passed on once, so that the ranks save and end; a second one
/// ends this process, and with it the ranks. When one fails, the others are killed after the grace.
/// Nothing is left running, even when this process is killed.
/// Returns: 0; 130 after Ctrl-C; or the exit code of the rank that failed first, 128 + signal when
/// it was killed.
/// Errors: `Error` when a process cannot be started.
int launch(const std::filesystem::path& program, const std::vector<std::string>& arguments,
           std::int64_t ranks, const LaunchOptions& options = {});

/// Whether this process was started by launch().
bool was_launched();

}  // namespace common::dist
