#include "common/dist/group.h"

#include <ATen/ATen.h>
#include <c10/util/Logging.h>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <optional>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <vector>

#include "common/base/error.h"
#include "common/base/interrupt.h"
#include "common/base/text.h"
#include "common/dist/backend.h"
#include "common/dist/heartbeat.h"
#include "common/dist/listening.h"

namespace common::dist {
using at::Tensor;
using base::Error;
using base::require;
using StorePtr = c10::intrusive_ptr<c10d::Store>;
namespace {

constexpr std::chrono::seconds kLinger{1};  // for the others to read why rank 0 leaves

std::string seconds(std::chrono::milliseconds time) {
  return base::formatted("%g s", std::chrono::duration<double>(time).count());
}

std::string place(const Rendezvous& r) { return r.address + ":" + std::to_string(r.port); }

// LibTorch warns of every lost connection, with a backtrace; what is lost is told by `RanksGone`.
// Its other warnings are silenced, too.
void quieten_libtorch() {
  if (std::getenv("TORCH_CPP_LOG_LEVEL") != nullptr) return;
  ::setenv("TORCH_CPP_LOG_LEVEL", "FATAL", /*replace=*/0);
  c10::initLogging();
}

// Gloo's second write to a rank that is gone raises SIGPIPE, which ends a program without a word.
// Python ignores that signal from the start; here it is ours to ignore.
void ignore_broken_connections() { std::signal(SIGPIPE, SIG_IGN); }

// A socket that listens at this machine's loopback address; LibTorch's own listens at all.
int listen_at_loopback(const Rendezvous& r) {
  const int fd = listen_at(r.address, r.port);
  require(fd >= 0, "rank 0 cannot listen at " + place(r) + ": is the port taken?");
  return fd;
}

StorePtr open_store(const Rendezvous& r) {
  c10d::TCPStoreOptions options;
  options.port = r.port;
  options.isServer = r.rank_0_serves && r.world.is_main();
  options.waitWorkers = false;
  options.timeout = r.timeout;
  if (options.isServer && r.listening >= 0) {
    options.masterListenFd = r.listening;
  } else if (options.isServer && is_loopback(r.address)) {
    options.masterListenFd = listen_at_loopback(r);
  }
  try {
    return c10::make_intrusive<c10d::TCPStore>(r.address, options);
  } catch (const std::exception& error) {
    throw Error(options.isServer ? "rank 0 cannot listen at " + place(r) + ": is the port taken?"
                                 : "rank " + std::to_string(r.world.rank) + " found nobody at " +
                                       place(r) + " within " + seconds(r.timeout) +
                                       (r.rank_0_serves ? ": is rank 0 running there?" : ""));
  }
}

// Waits until every rank has said that it is there. The first whose patience ends tells the others
// who is missing; rank 0, without whom nobody can be told, waits a little longer.
void wait_for_all(const StorePtr& store, const Rendezvous& r) {
  using Clock = std::chrono::steady_clock;
  const auto key = [](std::int64_t rank) { return "here/" + std::to_string(rank); };
  const auto end = Clock::now() + r.timeout;
  std::vector<std::int64_t> missing;
  std::string verdict;
  for (std::int64_t rank = 0; rank < r.world.size; ++rank) missing.push_back(rank);
  try {
    store->set(key(r.world.rank), "1");
    while (!missing.empty() && verdict.empty()) {
      if (base::interrupted()) throw base::Interrupted();
      std::erase_if(missing, [&](std::int64_t rank) { return store->check({key(rank)}); });
      if (missing.empty()) break;
      if (store->check({"missing"})) {
        verdict = store->get_to_str("missing");
      } else if (Clock::now() > end) {
        verdict = named(missing) + " of " + std::to_string(r.world.size) + " did not come within " +
                  seconds(r.timeout);
        store->set("missing", verdict);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    if (!verdict.empty() && r.world.is_main()) std::this_thread::sleep_for(kLinger);
  } catch (const base::Interrupted&) {
    throw;
  } catch (const std::exception&) {
    if (base::interrupted()) throw base::Interrupted();  // rank 0, too, which was faster
    throw Error("rank " + std::to_string(r.world.rank) + " lost the store at " + place(r) +
                (r.rank_0_serves ? ": rank 0 is gone" : ""));
  }
  require(verdict.empty(), verdict);
}

}  // namespace

struct Group::Impl {
  StorePtr store;
  c10::intrusive_ptr<c10d::ProcessGroup> group;
  std::unique_ptr<Heartbeat> heartbeat;

  template <class Start>
  void run(const Group& whole, const Start& start) const {
    whole.watch([&] { start(*group)->wait(); });
  }
};

Group::Group(const Rendezvous& r, c10::Device device) : world_(r.world) {
  if (world_.size == 1 && !r.launched) return;
  quieten_libtorch();
  ignore_broken_connections();
  impl_ = std::make_shared<Impl>();
  impl_->store =
      c10::make_intrusive<c10d::PrefixStore>("attempt/" + std::to_string(r.attempt), open_store(r));
  wait_for_all(impl_->store, r);
  impl_->heartbeat = std::make_unique<Heartbeat>(impl_->store, r);
  using c10d::ProcessGroup;
  watch([&] {
    impl_->group = c10::make_intrusive<ProcessGroup>(impl_->store, static_cast<int>(world_.rank),
                                                     static_cast<int>(world_.size));
    const auto own = [&](const char* name) {
      return c10::make_intrusive<c10d::PrefixStore>(name, impl_->store);
    };
    impl_->group->setBackend(at::kCPU, ProcessGroup::GLOO, gloo_backend(own("gloo"), r));
    impl_->group->setDefaultBackend(ProcessGroup::GLOO);
    if (!device.is_cuda()) return;
    impl_->group->setBackend(at::kCUDA, ProcessGroup::NCCL, nccl_backend(own("nccl"), r));
    impl_->group->setDefaultBackend(ProcessGroup::NCCL);
  });
}

void Group::throw_if_gone(const std::exception& error) const {
  const bool ours = dynamic_cast<const base::Interrupted*>(&error) != nullptr ||
                    dynamic_cast<const Error*>(&error) != nullptr ||
                    dynamic_cast<const RanksGone*>(&error) != nullptr;
  if (!impl_ || ours) return;
  const auto gone = impl_->heartbeat->gone();
  if (gone.empty()) return;
  throw RanksGone(named(gone) + (gone.size() == 1 ? " is" : " are") + " gone");
}

void Group::all_reduce_(Tensor tensor) const {
  if (!impl_) return;
  impl_->run(*this, [&](c10d::ProcessGroup& group) {
    std::vector<Tensor> tensors = {tensor};
    return group.allreduce(tensors);
  });
}

void Group::broadcast_(Tensor tensor, std::int64_t from) const {
  if (!impl_) return;
  impl_->run(*this, [&](c10d::ProcessGroup& group) {
    std::vector<Tensor> tensors = {tensor};
    c10d::BroadcastOptions options;
    options.rootRank = from;
    return group.broadcast(tensors, options);
  });
}

Tensor Group::all_gather(const Tensor& tensor) const {
  if (!impl_) return tensor.unsqueeze(0);
  std::vector<Tensor> mine = {tensor.contiguous()};
  std::vector<std::vector<Tensor>> all(1);
  for (std::int64_t i = 0; i < world_.size; ++i) all[0].push_back(at::empty_like(mine[0]));
  impl_->run(*this, [&](c10d::ProcessGroup& group) { return group.allgather(all, mine); });
  return at::stack(all[0]);
}

void Group::send_receive(Tensor sent, std::int64_t to, Tensor received_, std::int64_t from) const {
  std::vector<Tensor> out = {sent}, in = {received_};
  impl_->run(*this, [&](c10d::ProcessGroup& group) {
    const bool gpu = sent.is_cuda();  // NCCL starts both at once, or each would wait for the other
    if (gpu) group.startCoalescing(at::kCUDA);
    const auto sending = group.send(out, static_cast<int>(to), /*tag=*/0);
    const auto receiving = group.recv(in, static_cast<int>(from), /*tag=*/0);
    if (gpu) return group.endCoalescing(at::kCUDA);
    sending->wait();
    return receiving;
  });
}

bool Group::agree_on(const std::string& text) const {
  const auto hash = static_cast<std::int64_t>(std::hash<std::string>()(text));
  const Tensor hashes = all_gather(at::scalar_tensor(hash, at::kLong));  // [ranks]
  return hashes.eq(hashes[0]).all().item<bool>();
}

void Group::barrier() const { all_reduce_(at::zeros({1})); }

const c10::intrusive_ptr<c10d::ProcessGroup>& Group::process_group() const {
  static const c10::intrusive_ptr<c10d::ProcessGroup> nobody;
  return impl_ ? impl_->group : nobody;
}

}  // namespace common::dist
