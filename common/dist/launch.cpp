#include "common/dist/launch.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "common/base/error.h"
#include "common/base/interrupt.h"
#include "common/dist/listening.h"
#include "common/dist/rendezvous.h"

extern char** environ;

namespace common::dist {
using base::require;
namespace {

constexpr const char* kMark = "COURSE_LAUNCHED";
constexpr int kStopped = 130;  // how a program ends that Ctrl-C has stopped
using Clock = std::chrono::steady_clock;

// A socket that listens at a free port of this machine, for rank 0's store: nobody else can take
// the port meanwhile.
class Listening {
 public:
  Listening() : fd_(listen_at("127.0.0.1", 0)) {
    require(fd_ >= 0, std::string("no port to listen at: ") + std::strerror(errno));
  }
  ~Listening() { ::close(fd_); }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

  int fd() const { return fd_; }
  int port() const { return port_of(fd_); }

 private:
  int fd_;
};

// Variables that tell a process which rank it is of whose group.
bool is_of_ranks(std::string_view variable) {
  constexpr std::string_view kNames[] = {
      "RANK=",        "LOCAL_RANK=",       "GROUP_RANK=",       "ROLE_RANK=",
      "WORLD_SIZE=",  "LOCAL_WORLD_SIZE=", "GROUP_WORLD_SIZE=", "ROLE_WORLD_SIZE=",
      "MASTER_ADDR=", "MASTER_PORT=",      "TORCHELASTIC_",     kListeningVariable};
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [&](std::string_view name) { return variable.starts_with(name); });
}

// One rank is a process alone, which forms no group and is told of none. Several share the cores,
// unless the user's OMP_NUM_THREADS says otherwise.
std::vector<std::string> environment_of(std::int64_t rank, std::int64_t ranks,
                                        const Listening& listening) {
  const std::string r = std::to_string(rank), n = std::to_string(ranks);
  std::vector<std::string> own = {std::string(kMark) + "=1"};
  if (ranks > 1) {
    if (std::getenv("OMP_NUM_THREADS") == nullptr) {
      const std::int64_t cores = std::thread::hardware_concurrency();
      own.push_back("OMP_NUM_THREADS=" + std::to_string(std::max<std::int64_t>(1, cores / ranks)));
    }
    const std::string port = std::to_string(listening.port());
    own.insert(own.end(),
               {"RANK=" + r, "LOCAL_RANK=" + r, "WORLD_SIZE=" + n, "LOCAL_WORLD_SIZE=" + n,
                "MASTER_ADDR=127.0.0.1", "MASTER_PORT=" + port});
    if (rank == 0) {
      own.push_back(std::string(kListeningVariable) + "=" + std::to_string(listening.fd()));
    }
  }
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!is_of_ranks(*entry)) own.emplace_back(*entry);
  }
  return own;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (auto& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

// A started rank; what it writes comes through a pipe, but for rank 0.
struct Child {
  std::int64_t rank = 0;
  pid_t pid = 0;
  int output = -1;
  std::string line = {};                   // of its output, not ended yet
  std::optional<int> code = std::nullopt;  // once it has ended

  void signal(int number) const {
    if (!code) ::kill(-pid, number);  // whatever it started, too
  }
};

Child start(const std::filesystem::path& program, const std::vector<std::string>& arguments,
            std::int64_t rank, std::int64_t ranks, const Listening& listening, bool quiet) {
  std::vector<std::string> words = {program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment = environment_of(rank, ranks, listening);
  const std::vector<char*> argv = pointers(words), envp = pointers(environment);
  int ends[2] = {-1, -1};
  const auto cannot = [&] {
    return "cannot start rank " + std::to_string(rank) + ": " + std::strerror(errno);
  };
  if (rank > 0) require(::pipe2(ends, O_CLOEXEC) == 0, cannot);
  const pid_t parent = ::getpid(), child = ::fork();
  require(child >= 0, cannot);
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);                  // when the parent is killed
    if (::getppid() != parent) ::_exit(127);             // it was, before
    ::setpgid(0, 0);                                     // Ctrl-C comes through the parent, once
    if (rank == 0) ::fcntl(listening.fd(), F_SETFD, 0);  // stays open in the program
    if (rank > 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::dup2(ends[1], STDERR_FILENO);
    } else if (quiet) {
      ::dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
    }
    ::execve(argv[0], argv.data(), envp.data());
    std::perror(argv[0]);
    ::_exit(127);
  }
  ::setpgid(child, child);  // here too: whichever is first
  if (rank > 0) ::close(ends[1]);
  return {rank, child, ends[0]};
}

void print_line(const Child& child, const std::string& line) {
  std::fprintf(stderr, "[rank %lld] %s\n", static_cast<long long>(child.rank), line.c_str());
}

// Reads what there is of a child's output and prints the lines that are whole.
void pass_on(Child& child) {
  char block[4096];
  const ssize_t got = ::read(child.output, block, sizeof block);
  if (got < 0 && errno == EINTR) return;
  if (got <= 0) {
    if (!child.line.empty()) print_line(child, child.line);
    ::close(std::exchange(child.output, -1));
    return;
  }
  for (const char c : std::string_view(block, static_cast<std::size_t>(got))) {
    if (c == '\n' || child.line.size() > 10'000) {
      print_line(child, child.line);
      child.line.clear();
    }
    if (c != '\n' && c != '\r') child.line += c;
  }
}

// Waits up to 100 ms for output, and passes it on.
void listen(std::vector<Child>& children) {
  std::vector<pollfd> waited;
  for (const Child& child : children) waited.push_back({child.output, POLLIN, 0});
  if (::poll(waited.data(), waited.size(), 100) <= 0) return;
  for (std::size_t i = 0; i < children.size(); ++i) {
    if (waited[i].revents != 0) pass_on(children[i]);
  }
}

// Notes who has ended.
void reap(std::vector<Child>& children) {
  for (Child& child : children) {
    int status = 0;
    if (child.code || ::waitpid(child.pid, &status, WNOHANG) != child.pid) continue;
    child.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
}

std::string how_it_ended(const Child& child) {
  const std::string who = "rank " + std::to_string(child.rank);
  if (*child.code <= 128) return who + " ended with code " + std::to_string(*child.code);
  return who + " was ended by signal " + std::to_string(*child.code - 128) + " (" +
         ::strsignal(*child.code - 128) + ")";
}

// The ranks of one start, from the first line to the last.
class Ranks {
 public:
  Ranks(std::vector<Child> children, double grace_s)
      : children_(std::move(children)), grace_(grace_s) {}

  int wait() {
    while (anybody_runs()) {
      listen(children_);
      reap(children_);
      note_interruption();
      note_failure();
    }
    while (anybody_writes()) listen(children_);
    return (failure_ == 0 || interrupted_) && anybody_stopped() ? kStopped : failure_;
  }

 private:
  bool anybody_runs() const {
    return std::any_of(children_.begin(), children_.end(), [](const Child& c) { return !c.code; });
  }
  bool anybody_writes() const {
    return std::any_of(children_.begin(), children_.end(),
                       [](const Child& c) { return c.output >= 0; });
  }
  // Whether Ctrl-C came before all had done what they were to do.
  bool anybody_stopped() const {
    return std::any_of(children_.begin(), children_.end(),
                       [](const Child& c) { return c.code == kStopped; });
  }
  void signal_all(int number) const {
    for (const Child& child : children_) child.signal(number);
  }

  // Ctrl-C, or a signal to one rank alone, which has made all save and stop.
  void note_interruption() {
    if (interrupted_ || !(base::interrupted() || (failure_ == 0 && anybody_stopped()))) return;
    interrupted_ = true;  // a second Ctrl-C ends this process, and with it the ranks
    signal_all(SIGINT);
  }

  // One that Ctrl-C has ended did not fail.
  bool has_failed(const Child& child) const {
    return child.code && *child.code != 0 && !(interrupted_ && *child.code == kStopped);
  }

  void note_failure() {
    if (failure_ != 0) {
      if (Clock::now() - failed_at_ > grace_) signal_all(SIGKILL);
      return;
    }
    const auto failed = std::find_if(children_.begin(), children_.end(),
                                     [&](const Child& child) { return has_failed(child); });
    if (failed == children_.end()) return;
    failure_ = *failed->code;
    failed_at_ = Clock::now();
    if (!anybody_runs()) return;
    std::fprintf(stderr, "%s; the others are being stopped\n", how_it_ended(*failed).c_str());
  }

  std::vector<Child> children_;
  std::chrono::duration<double> grace_;
  bool interrupted_ = false;
  int failure_ = 0;
  Clock::time_point failed_at_;
};

}  // namespace

int launch(const std::filesystem::path& program, const std::vector<std::string>& arguments,
           std::int64_t ranks, const LaunchOptions& options) {
  std::fflush(nullptr);
  std::vector<Child> children;
  {
    const Listening listening;  // from here on rank 0's alone
    for (std::int64_t rank = 0; rank < ranks; ++rank) {
      children.push_back(start(program, arguments, rank, ranks, listening, options.quiet));
    }
  }
  return Ranks(std::move(children), options.grace_s).wait();
}

bool was_launched() { return std::getenv(kMark) != nullptr; }

}  // namespace common::dist
