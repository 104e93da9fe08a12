#include "common/train/flops.h"

#include <ATen/ATen.h>
#include <ATen/record_function.h>
#include <torch/csrc/profiler/util.h>

#include <algorithm>
#include <chrono>
#include <numeric>

#include "common/base/text.h"

namespace common::train {
namespace {

// RecordFunction's callbacks are plain functions: what they write to is this thread's.
thread_local std::vector<OperationCost>* counted = nullptr;
thread_local int depth = 0;  // inside an operation that was counted already

struct Context : at::ObserverContext {
  double flops = 0;
};

std::unique_ptr<at::ObserverContext> enter(const at::RecordFunction& fn) {
  auto context = std::make_unique<Context>();
  if (counted == nullptr) return context;
  if (depth == 0) {
    const auto arguments = torch::profiler::impl::saveExtraArgs(fn);
    if (!arguments.empty()) {
      context->flops =
          static_cast<double>(torch::profiler::impl::computeFlops(fn.name(), arguments));
    }
  }
  const std::string name = fn.name();
  if (name == "aten::add" || name == "aten::mul") context->flops = 0;
  if (context->flops > 0) ++depth;
  return context;
}

void leave(const at::RecordFunction& fn, at::ObserverContext* raw) {
  const auto* context = static_cast<Context*>(raw);
  if (counted == nullptr || context->flops == 0) return;
  --depth;
  OperationCost cost{fn.name(), {}, context->flops};
  if (!fn.outputs().empty() && fn.outputs()[0].isTensor()) {
    cost.output = fn.outputs()[0].toTensor().sizes().vec();
  }
  counted->push_back(std::move(cost));
}

}  // namespace

std::vector<OperationCost> count_flops(const std::function<void()>& work) {
  std::vector<OperationCost> operations;
  counted = &operations;
  depth = 0;
  const auto handle = at::addThreadLocalCallback(at::RecordFunctionCallback(enter, leave)
                                                     .needsInputs(true)
                                                     .needsOutputs(true)
                                                     .scopes({at::RecordScope::FUNCTION}));
  const auto end = [&] {
    at::removeCallback(handle);
    counted = nullptr;
  };
  try {
    work();
  } catch (...) {
    end();
    throw;
  }
  end();
  return operations;
}

double total_flops(const std::vector<OperationCost>& operations) {
  double sum = 0;
  for (const auto& operation : operations) sum += operation.flops;
  return sum;
}

double print_costs(base::Run& run, const std::vector<OperationCost>& operations) {
  std::vector<std::vector<std::string>> rows;
  for (const OperationCost& cost : operations) {
    std::string shape;
    for (std::size_t i = 1; i < cost.output.size(); ++i) {
      if (i > 1) shape += " x ";
      shape += std::to_string(cost.output[i]);
    }
    rows.push_back({cost.name.substr(cost.name.rfind(':') + 1), shape,
                    base::formatted("%.2f", cost.flops / 1e6)});
  }
  run.table("summary", {"operation", "output of one image", "MFLOP"}, rows);
  return total_flops(operations);
}

double measured_peak(c10::Device device, c10::ScalarType type) {
  using Clock = std::chrono::steady_clock;
  const int64_t n = device.is_cpu() ? 1536 : 8192;
  const at::Tensor a = at::randn({n, n}, at::TensorOptions().device(device)).to(type);
  at::Tensor c = at::mm(a, a);
  double best = 0;
  const auto began = Clock::now();
  while (std::chrono::duration<double>(Clock::now() - began).count() < 1) {
    const auto start = Clock::now();
    for (int i = 0; i < 4; ++i) at::mm_out(c, a, a);
    c[0][0].item<float>();  // waits for the device
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    best = std::max(best, 4 * 2 * static_cast<double>(n * n * n) / seconds);
  }
  return best;
}

}  // namespace common::train
