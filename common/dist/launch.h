// Starts a program as several ranks on this machine: what `--nproc N` does.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace common::dist {

/// Starts `program` as ranks 0 to `ranks` - 1 with these arguments, in the environment that
/// torchrun makes (RANK, LOCAL_RANK, WORLD_SIZE, LOCAL_WORLD_SIZE, MASTER_ADDR, MASTER_PORT), and
/// waits for all. Rank 0 has this process's output; lines of the others are written with "[rank N]
/// " in front. Ctrl-C is passed on once, so that the ranks save and end; a second one ends this
/// process, and with it the ranks. When one fails, the others get `grace_s` seconds to notice and
/// say so, and are then killed. Nothing is left running, even when this process is killed. Returns
/// 0, or 130 after Ctrl-C, or the exit code of the rank that failed first (128 + signal when it was
/// killed). Errors: `Error` when a process cannot be started.
int launch(const std::filesystem::path& program, const std::vector<std::string>& arguments,
           std::int64_t ranks, double grace_s = 10);

/// Whether this process was started by launch().
bool was_launched();

}  // namespace common::dist
