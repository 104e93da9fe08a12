// Runs a program as a person would and tells what came of it.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "common/base/files.h"
#include "tests/temporary_folder.h"

namespace tests {

/// What a program left.
struct Outcome {
  int code = -1;         ///< exit code; 128 + signal when one ended it
  std::string out, err;  ///< what it printed
};

/// A program that runs. Its output is kept in files until it is waited for.
class Process {
 public:
  /// Args: `most_bytes` > 0 limits the size of each file it may write, which acts as a full disk.
  explicit Process(const std::vector<std::string>& command, int64_t most_bytes = 0) {
    std::vector<char*> arguments;
    for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const std::string out = folder_ / "out", err = folder_ / "err";
    child_ = ::fork();
    if (child_ != 0) return;
    const int null = ::open("/dev/null", O_RDONLY);
    ::dup2(null, STDIN_FILENO);
    ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT, 0600), STDOUT_FILENO);
    ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT, 0600), STDERR_FILENO);
    if (most_bytes > 0) {
      ::signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{static_cast<rlim_t>(most_bytes), static_cast<rlim_t>(most_bytes)};
      ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }

  void send(int signal) const { ::kill(child_, signal); }

  /// Waits until it has printed `part`; false when it does not within `seconds`.
  bool prints(const std::string& part, double seconds = 100) const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    const std::filesystem::path out = folder_ / "out";
    while (std::chrono::steady_clock::now() < until) {
      if (std::filesystem::exists(out) &&
          common::base::read_file(out).find(part) != std::string::npos) {
        return true;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  Outcome wait() {
    int status = 0;
    ::waitpid(child_, &status, 0);
    Outcome outcome;
    outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    outcome.out = common::base::read_file(folder_ / "out");
    outcome.err = common::base::read_file(folder_ / "err");
    return outcome;
  }

 private:
  TemporaryFolder folder_;
  pid_t child_ = -1;
};

/// Runs `command` to its end.
inline Outcome run(const std::vector<std::string>& command, int64_t most_bytes = 0) {
  return Process(command, most_bytes).wait();
}

/// Waits until `path` exists; false when it does not within `seconds`.
inline bool wait_for(const std::filesystem::path& path, double seconds = 100) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (!std::filesystem::exists(path)) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace tests
