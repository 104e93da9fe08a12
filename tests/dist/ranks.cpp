// dist_ranks TASK: what a rank of the tests does. TASK may end in ":" and a word of the caller's.
// Ends with 0 when all that it saw is right. dist_ranks N TASK starts N of them.
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <thread>

#include "common/base/error.h"
#include "common/base/interrupt.h"
#include "common/dist/group.h"
#include "common/dist/launch.h"
#include "tests/dist/rank_checks.h"
#include "tests/dist/rank_faults.h"

namespace {
using namespace common::dist;
using namespace tests;
using common::base::require;

Rendezvous short_rendezvous(int seconds = 20) {
  Rendezvous r = rendezvous_from_environment();
  r.timeout = std::chrono::seconds(seconds);
  return r;
}

std::string text_of(const char* file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

int run(const std::string& task) {
  const Rendezvous r = short_rendezvous();
  const std::int64_t rank = r.world.rank;
  const std::map<std::string, std::function<void()>> tasks = {
      {"collectives", [&] { check_collectives(Group(r, at::kCPU)); }},
      {"two-hosts",
       [&] {
         Rendezvous at_own = r;
         at_own.own_address = "127.0.0." + std::to_string(rank + 2);
         const Group group(at_own, at::kCPU);
         check_collectives(group);
         // As the kernel writes it: hexadecimal, the last number first.
         const std::string own = std::to_string(rank + 2) + "00007F:";
         require(text_of("/proc/self/net/tcp").find(own) != std::string::npos,
                 "nothing listens or talks at " + at_own.own_address);
         group.barrier();
       }},
      {"one-with-itself",
       [&] {
         const Group group(r, at::kCPU);
         require(group.process_group() != nullptr, "one rank that was launched forms no group");
         check_collectives(group);
         check_average(group, false);
         check_norm(group);
       }},
      {"average", [&] { check_average(Group(r, at::kCPU), false); }},
      {"average-bf16", [&] { check_average(Group(r, at::kCPU), true); }},
      {"start", [&] { check_start_is_rank_0s(Group(r, at::kCPU)); }},
      {"unequal", [&] { check_unequal_networks(Group(r, at::kCPU)); }},
      {"unused", [&] { check_unused(Group(r, at::kCPU)); }},
      {"norm", [&] { check_norm(Group(r, at::kCPU)); }},
      {"break-a-pipe",
       [&] {
         const Group group(r, at::kCPU);
         std::raise(SIGPIPE);
         group.barrier();
       }},
      {"lose-0", [&] { lose(Group(r, at::kCPU), 0); }},
      {"lose-1", [&] { lose(Group(r, at::kCPU), 1); }},
      {"lose-while-computing", [&] { lose_while_computing(Group(r, at::kCPU)); }},
      {"freeze-0", [&] { freeze_0(Group(short_rendezvous(4), at::kCPU)); }},
      {"lose-in-backward", [&] { lose_in_backward(Group(r, at::kCPU)); }},
      {"stay-away",
       [&] {
         if (rank == 1) std::this_thread::sleep_for(std::chrono::seconds(7));
         if (rank != 1) Group(short_rendezvous(3), at::kCPU);
       }},
      {"nobody-serves",
       [&] {
         if (rank != 0)
           Group(short_rendezvous(1), at::kCPU);
         else
           std::this_thread::sleep_for(std::chrono::seconds(3));
       }},
      {"say",
       [&] {
         std::printf("a line of rank %d\nand one without end", static_cast<int>(rank));
         std::fprintf(stderr, "said aside by %d\n", static_cast<int>(rank));
       }},
      {"fail",
       [&] {
         if (rank == 1) throw common::base::Error("rank 1 has had enough");
         std::this_thread::sleep_for(std::chrono::minutes(10));
       }},
      {"linger",
       [&] {
         if (rank == 0) std::raise(SIGKILL);
         std::this_thread::sleep_for(std::chrono::minutes(10));
       }},
      {"sleep",
       [&] {
         std::this_thread::sleep_for(
             std::chrono::milliseconds(rank == 0 ? 500 : 0));  // the other is there, too
         std::printf("asleep\n");
         std::fflush(stdout);
         std::this_thread::sleep_for(std::chrono::minutes(10));
       }},
      {"until-interrupted", [&] { save_when_interrupted(r, ::getppid()); }},
      {"until-one-is-interrupted", [&] { save_when_interrupted(r, ::getpid()); }},
  };
  tasks.at(task.substr(0, task.find(':')))();
  return 0;
}

// Ctrl-C reaches the parent alone, as launch() wants it.
int launch_ranks(const std::string& count, const std::string& task) {
  common::base::catch_interrupts();
  const double grace_s = task == "lose-while-computing" ? 30 : 8;
  return launch("/proc/self/exe", {task}, std::stoll(count), {.grace_s = grace_s});
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 3) return launch_ranks(argv[1], argv[2]);
    return argc == 2 ? run(argv[1]) : 64;
  } catch (const common::base::Interrupted&) {
    return 130;
  } catch (const common::base::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 3;
  }
}
