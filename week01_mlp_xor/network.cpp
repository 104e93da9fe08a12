#include "week01_mlp_xor/network.h"

#include <torch/types.h>

#include "common/base/error.h"

namespace week01 {
using torch::Tensor;
namespace {

std::string joined(const std::vector<int64_t>& numbers, size_t from, size_t to) {
  std::string text;
  for (size_t i = from; i < to; ++i) {
    text += (text.empty() ? "" : ",") + std::to_string(numbers[i]);
  }
  return text.empty() ? "''" : text;
}

// Mean and scale as tensors [D]; 0 and 1 where there is no scaling.
struct ScalingTensors {
  Tensor mean, scale;
  ScalingTensors(const Scaling& s, int64_t inputs)
      : mean(s.mean.empty() ? torch::zeros({inputs}, torch::kFloat64)
                            : torch::tensor(s.mean, torch::kFloat64)),
        scale(s.scale.empty() ? torch::ones({inputs}, torch::kFloat64)
                              : torch::tensor(s.scale, torch::kFloat64)) {}
};

}  // namespace

NetworkFile to_file(const Mlp& mlp, const Scaling& scaling) {
  const Tensor flat = mlp.parameters.flat.cpu();
  return {mlp.sizes, mlp.activation, mlp.output, scaling,
          std::vector<double>(flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel())};
}

void load_network(const NetworkFile& file, const Scaling& scaling, Mlp& mlp) {
  using common::base::require;
  require(file.sizes.front() == mlp.sizes.front() && file.sizes.back() == mlp.sizes.back(),
          "the network file is for " + std::to_string(file.sizes.front()) + " inputs and " +
              std::to_string(file.sizes.back()) + " outputs, this data has " +
              std::to_string(mlp.sizes.front()) + " and " + std::to_string(mlp.sizes.back()));
  require(file.sizes == mlp.sizes && file.activation == mlp.activation && file.output == mlp.output,
          "the network file is of another network; add --hidden " +
              joined(file.sizes, 1, file.sizes.size() - 1) + " --activation " +
              activation_names()[static_cast<size_t>(file.activation)] + " --output " +
              output_names()[static_cast<size_t>(file.output)]);
  mlp.parameters.flat.copy_(torch::tensor(file.parameters, torch::kFloat64));
  // The file's first layer sees (x - m) s, this one u = (x - m') s', so x = u / s' + m':
  // (x - m) s w + b = u (s / s') w + (m' - m) s w + b. Where s' is 0, u is 0 whatever the weight.
  const ScalingTensors from(file.scaling, file.sizes[0]), to(scaling, file.sizes[0]);
  if (torch::equal(from.mean, to.mean) && torch::equal(from.scale, to.scale)) return;
  const Layer& first = mlp.parameters.layers.front();
  const auto device = first.w.device();
  const Tensor shift = ((to.mean - from.mean) * from.scale).to(device);                    // [D]
  const Tensor ratio = torch::where(to.scale > 0, from.scale / to.scale, 1.0).to(device);  // [D]
  first.b.add_(torch::matmul(shift, first.w));
  first.w.mul_(ratio.unsqueeze(1));
}

}  // namespace week01
