#include "common/dist/data_parallel.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/functions/accumulate_grad.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <sstream>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/comm.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>
#include <unordered_map>
#include <unordered_set>

#include "common/base/error.h"

namespace common::dist {
using at::Tensor;
using base::require;
using Clock = std::chrono::steady_clock;
using Future = c10::intrusive_ptr<c10::ivalue::Future>;
namespace {

constexpr std::size_t kBroadcastBytes = std::size_t{256} << 20;

// When buckets leave and arrive; they arrive on threads of the process group.
class Stopwatch {
 public:
  void start() {
    const std::scoped_lock lock(mutex_);
    times_ = {};
    start_ = Clock::now();
  }
  std::size_t leaves(std::int64_t bytes) {
    const std::scoped_lock lock(mutex_);
    times_.backward_s = now();  // the last that leaves does so when backward has nothing left to do
    times_.buckets.push_back({bytes, now(), 0});
    return times_.buckets.size() - 1;
  }
  void arrives(std::size_t bucket) {
    const std::scoped_lock lock(mutex_);
    if (bucket < times_.buckets.size()) times_.buckets[bucket].end_s = now();
  }
  CommunicationTimes times() const {
    const std::scoped_lock lock(mutex_);
    return times_;
  }

 private:
  double now() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

  mutable std::mutex mutex_;
  Clock::time_point start_ = Clock::now();
  CommunicationTimes times_;
};

// What the Reducer calls with each bucket, as soon as its gradients are there.
class Average : public c10d::CommHookInterface {
 public:
  Average(c10::intrusive_ptr<c10d::ProcessGroup> group, bool bf16,
          std::shared_ptr<Stopwatch> stopwatch)
      : group_(std::move(group)), bf16_(bf16), stopwatch_(std::move(stopwatch)) {}

  Future runHook(c10d::GradBucket& bucket) override {
    const Tensor whole = bucket.getBuffer();  // [n], every gradient of the bucket
    whole.div_(group_->getSize());            // before the sum: it cannot overflow then
    Tensor sent = bf16_ ? whole.to(at::kBFloat16) : whole;
    const std::size_t number =
        stopwatch_->leaves(sent.numel() * static_cast<std::int64_t>(sent.element_size()));
    std::vector<Tensor> tensors = {sent};
    const auto work = group_->allreduce(tensors);
    return work->getFuture()->then(
        [sent, whole, number, stopwatch = stopwatch_](c10::ivalue::Future& done) -> c10::IValue {
          done.value();  // rethrows what went wrong
          if (!sent.is_same(whole)) whole.copy_(sent);
          stopwatch->arrives(number);
          return whole;
        },
        c10::TensorType::get());
  }

  Tensor parseHookResult(const c10::IValue& result) override { return result.toTensor(); }

 private:
  c10::intrusive_ptr<c10d::ProcessGroup> group_;
  bool bf16_;
  std::shared_ptr<Stopwatch> stopwatch_;
};

// Not detach(): autograd would take a buffer that is copied into between forward and backward for
// one that backward still needs. Norms that train do not.
std::vector<Tensor> tensors_of(const NamedParameters& named) {
  std::vector<Tensor> tensors;
  for (const auto& [name, tensor] : named) tensors.push_back(tensor.variable_data());
  return tensors;
}

// Ranks that run different programs or settings would wait for each other for ever.
void require_equal_networks(const Group& group, const NamedParameters& parameters,
                            const NamedParameters& buffers) {
  std::ostringstream text;
  for (const auto* const all : {&parameters, &buffers}) {
    for (const auto& [name, tensor] : *all) {
      text << name << " " << tensor.scalar_type() << " " << tensor.sizes() << "\n";
    }
  }
  require(group.agree_on(text.str()),
          "the ranks have different networks: start all with the same settings");
}

}  // namespace

double CommunicationTimes::busy_s() const {
  double busy = 0, until = 0;
  for (const BucketTimes& bucket : buckets) {  // by beginning
    const double begin = std::max(bucket.begin_s, until);
    busy += std::max(0.0, bucket.end_s - begin);
    until = std::max(until, bucket.end_s);
  }
  return busy;
}

double CommunicationTimes::exposed_s() const {
  double last = 0;
  for (const BucketTimes& bucket : buckets) last = std::max(last, bucket.end_s);
  return std::max(0.0, last - backward_s);
}

std::vector<std::string> unused_parameters(const Tensor& loss, const NamedParameters& all) {
  using torch::autograd::AccumulateGrad;
  using torch::autograd::Node;
  std::unordered_set<const void*> used;
  std::unordered_set<Node*> seen;
  std::vector<Node*> waiting = {torch::autograd::impl::gradient_edge(loss).function.get()};
  while (!waiting.empty()) {
    Node* const node = waiting.back();
    waiting.pop_back();
    if (node == nullptr || !seen.insert(node).second) continue;
    if (const auto* const leaf = dynamic_cast<AccumulateGrad*>(node)) {
      used.insert(leaf->variable.unsafeGetTensorImpl());
    }
    for (const auto& edge : node->next_edges()) waiting.push_back(edge.function.get());
  }
  std::vector<std::string> unused;
  for (const auto& [name, tensor] : all) {
    if (used.count(tensor.unsafeGetTensorImpl()) == 0) unused.push_back(name);
  }
  return unused;
}

struct DataParallel::Impl {
  Group group;
  NamedParameters parameters, buffers;  // parameters that want a gradient
  std::shared_ptr<Stopwatch> stopwatch = std::make_shared<Stopwatch>();
  std::unique_ptr<c10d::Reducer> reducer;

  void broadcast(const NamedParameters& named) const {
    if (named.empty()) return;
    group.watch([&] {
      c10d::broadcast_coalesced(group.process_group(), tensors_of(named), kBroadcastBytes);
    });
  }

  void make_reducer(const DataParallelOptions& options);
};

void DataParallel::Impl::make_reducer(const DataParallelOptions& options) {
  // Backward goes from the last parameter to the first, so buckets do.
  std::vector<Tensor> backwards, all;
  std::unordered_map<std::size_t, std::string> names;
  for (const auto& [name, tensor] : parameters) {
    names[all.size()] = name;
    all.push_back(tensor);
  }
  backwards.assign(all.rbegin(), all.rend());
  auto buckets = std::get<0>(c10d::compute_bucket_assignment_by_size(
      backwards, {static_cast<std::size_t>(options.first_bucket_bytes),
                  static_cast<std::size_t>(options.bucket_bytes)}));
  for (auto& bucket : buckets) {
    for (auto& index : bucket) index = all.size() - 1 - index;
  }
  reducer = std::make_unique<c10d::Reducer>(
      all, std::move(buckets), group.process_group(),
      /*expect_sparse_gradients=*/std::vector<bool>(all.size(), false), options.bucket_bytes,
      /*find_unused_parameters=*/false, /*gradient_as_bucket_view=*/true, std::move(names),
      options.first_bucket_bytes, /*skip_all_reduce_unused_params=*/false,
      /*use_python_reducer=*/false, std::vector<std::int64_t>());
  reducer->register_comm_hook(
      std::make_unique<Average>(group.process_group(), options.bf16, stopwatch));
}

DataParallel::DataParallel(Group group, NamedParameters parameters, NamedParameters buffers,
                           DataParallelOptions options)
    : impl_(std::make_unique<Impl>()) {
  impl_->group = std::move(group);
  if (!impl_->group.process_group()) return;
  require_equal_networks(impl_->group, parameters, buffers);
  impl_->broadcast(parameters);
  impl_->broadcast(buffers);
  impl_->buffers = std::move(buffers);
  std::erase_if(parameters, [](const auto& item) { return !item.second.requires_grad(); });
  impl_->parameters = std::move(parameters);
  impl_->make_reducer(options);
}

DataParallel::~DataParallel() = default;
DataParallel::DataParallel(DataParallel&&) noexcept = default;

void DataParallel::before_backward(const Tensor& loss) {
  Impl& impl = *impl_;
  if (!impl.reducer) return;
  const auto unused = unused_parameters(loss, impl.parameters);
  if (!unused.empty()) {
    std::string names;
    for (const auto& name : unused) names += (names.empty() ? "" : ", ") + name;
    throw base::Error("rank " + std::to_string(impl.group.world().rank) +
                      ": the loss does not depend on " + names +
                      "; every parameter must take part in each step");
  }
  impl.broadcast(impl.buffers);
  impl.group.watch([&] { impl.reducer->rebuild_buckets(); });
  impl.stopwatch->start();
  impl.reducer->prepare_for_backward({loss});
}

CommunicationTimes DataParallel::times() const {
  const bool gpu = !impl_->parameters.empty() && impl_->parameters[0].second.is_cuda();
  return gpu ? CommunicationTimes() : impl_->stopwatch->times();
}

}  // namespace common::dist
