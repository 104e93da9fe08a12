// What a computation costs, and what this machine can do: for shares of the peak and summaries.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/base/run.h"

namespace common::train {

/// One convolution or matrix product of a computation, in the order in which they ran.
struct OperationCost {
  std::string name;                  ///< as torch calls it: aten::conv2d, aten::addmm, ...
  std::vector<std::int64_t> output;  ///< shape of its result
  double flops = 0;                  ///< a multiplication and an addition are two
};

/// Runs `work` and returns what its two-dimensional convolutions and matrix products cost, those
/// that torch's own profiler counts; all else is left out, as is usual. A training step costs about
/// three times its forward pass.
std::vector<OperationCost> count_flops(const std::function<void()>& work);

/// Returns the sum over `operations`.
double total_flops(const std::vector<OperationCost>& operations);

/// Prints the operations as the table "summary" of a run: what each gives for one image, and its
/// cost. Returns: the sum.
double print_costs(base::Run& run, const std::vector<OperationCost>& operations);

/// Measures, for about a second, how many FLOP a second large matrix products reach in `type`: the
/// peak against which a training's speed is told.
double measured_peak(c10::Device device, c10::ScalarType type);

}  // namespace common::train
