#include "tests/dist/rank_faults.h"

#include <ATen/ATen.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>

#include "common/base/interrupt.h"
#include "tests/dist/rank_checks.h"

namespace tests {
using namespace common::dist;
using at::Tensor;

void lose(const Group& group, std::int64_t who) {
  group.barrier();
  if (group.world().rank == who) std::raise(SIGKILL);
  Tensor some = at::ones({1000});
  for (;;) group.all_reduce_(some);
}

void freeze_0(const Group& group) {
  group.barrier();
  if (group.world().rank == 0) std::raise(SIGSTOP);
  Tensor some = at::ones({1000});
  for (;;) group.all_reduce_(some);
}

void lose_while_computing(const Group& group) {
  group.barrier();
  if (group.world().rank == 1) std::raise(SIGKILL);
  if (group.world().rank == 2) std::this_thread::sleep_for(std::chrono::seconds(14));
  group.barrier();
}

void lose_in_backward(const Group& group) {
  Net net;
  DataParallel parallel(group, net.parameters(), {}, small_buckets());
  for (;;) {
    const Tensor loss = net.loss(numbers({2, 6}, 3));
    parallel.before_backward(loss);
    if (group.world().rank == 1) std::raise(SIGKILL);
    group.watch([&] { loss.backward(); });
  }
}

void save_when_interrupted(const Rendezvous& r, pid_t whom) {
  common::base::catch_interrupts(/*by_parent=*/true);
  const Group group(r, at::kCPU);
  group.barrier();  // now all catch them
  if (r.world.rank == 0) ::kill(whom, SIGTERM);
  while (!common::base::interrupted()) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  std::printf("rank %d saved\n", static_cast<int>(r.world.rank));
  throw common::base::Interrupted();
}

}  // namespace tests
