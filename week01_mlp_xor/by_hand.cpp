#include "week01_mlp_xor/by_hand.h"

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>

#include "common/base/error.h"
#include "common/base/random.h"

namespace week01 {
using torch::Tensor;

Parameters Parameters::zeros(const std::vector<int64_t>& sizes, const torch::Device& device) {
  int64_t count = 0;
  for (size_t l = 0; l + 1 < sizes.size(); ++l) count += (sizes[l] + 1) * sizes[l + 1];
  Parameters parameters;
  parameters.flat = torch::zeros({count}, torch::dtype(torch::kFloat64).device(device));
  int64_t at = 0;
  const auto take = [&](int64_t size) {
    at += size;
    return parameters.flat.slice(/*dim=*/0, at - size, at);
  };
  for (size_t l = 0; l + 1 < sizes.size(); ++l) {
    const int64_t in = sizes[l], out = sizes[l + 1];
    const Tensor w = take(in * out).view({in, out});
    const Tensor b = take(out);
    parameters.layers.push_back({w, b});
  }
  return parameters;
}

Mlp make_mlp(const std::vector<int64_t>& sizes, Activation activation, Output output, Init init,
             uint64_t seed, const torch::Device& device) {
  Mlp mlp{sizes, activation, output, Parameters::zeros(sizes)};
  common::base::Random random(seed, /*stream=*/1);
  for (const Layer& layer : mlp.parameters.layers) {
    const auto in = static_cast<double>(layer.w.size(0)),
               out = static_cast<double>(layer.w.size(1));
    const double bound = std::sqrt(6 / (in + out));
    const double deviation = init == Init::kHe ? std::sqrt(2 / in) : 0.01;
    auto* w = layer.w.data_ptr<double>();
    for (int64_t i = 0; i < layer.w.numel(); ++i) {
      w[i] = init == Init::kXavier ? random.uniform(-bound, bound) : random.normal(0, deviation);
    }
  }
  if (!device.is_cpu()) {
    const Tensor drawn = mlp.parameters.flat;
    mlp.parameters = Parameters::zeros(sizes, device);
    mlp.parameters.flat.copy_(drawn);
  }
  return mlp;
}

std::vector<Tensor> dropout_masks(const Mlp& mlp, int64_t batch, double input_share,
                                  double hidden_share, uint64_t seed) {
  if (input_share == 0 && hidden_share == 0) return {};
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  std::vector<Tensor> masks;
  for (size_t l = 0; l + 1 < mlp.sizes.size(); ++l) {
    const double share = l == 0 ? input_share : hidden_share;
    Tensor mask;
    if (share > 0) {
      const Tensor draws = torch::rand({batch, mlp.sizes[l]}, generator, torch::kFloat32);
      mask = (draws >= share).to(mlp.parameters.flat.options()).div_(1 - share);  // [B, n_l]
    }
    masks.push_back(mask);
  }
  return masks;
}

Tape forward(const Mlp& mlp, const Tensor& x, const std::vector<Tensor>& masks) {
  const auto& layers = mlp.parameters.layers;
  Tape tape;
  tape.masks = masks;
  Tensor a = x;  // [B, n_0]
  for (size_t l = 0; l < layers.size(); ++l) {
    if (!masks.empty() && masks[l].defined()) a = a * masks[l];
    tape.a.push_back(a);
    tape.z.push_back(torch::matmul(a, layers[l].w).add_(layers[l].b));  // [B, n_l+1]
    if (l + 1 == layers.size()) break;
    a = activate(mlp.activation, tape.z[l]);
    tape.f.push_back(a);
  }
  tape.p = answer(mlp.output, tape.z.back());  // [B, K]
  return tape;
}

void backward(const Mlp& mlp, const Tape& tape, const Tensor& y, Loss loss, double l2,
              Parameters& gradient) {
  const auto& layers = mlp.parameters.layers;
  Tensor dz = loss_gradient(mlp.output, loss, tape.p, y);  // [B, K]
  for (size_t l = layers.size(); l-- > 0;) {
    Layer& d = gradient.layers[l];
    torch::mm_out(d.w, tape.a[l].t(), dz);  // dw = a^T dz  [n_l, n_l+1]
    torch::sum_out(d.b, dz, /*dim=*/0);     // db = column sums of dz  [n_l+1]
    if (l2 > 0) d.w.add_(layers[l].w, l2);
    if (l == 0) break;
    Tensor da = torch::matmul(dz, layers[l].w.t());  // [B, n_l]
    if (!tape.masks.empty() && tape.masks[l].defined()) da.mul_(tape.masks[l]);
    dz = da.mul_(slope(mlp.activation, tape.z[l - 1], tape.f[l - 1]));  // [B, n_l]
  }
}

Tensor total_loss(const Mlp& mlp, const Tape& tape, const Tensor& y, Loss loss, double l2) {
  Tensor total = loss_value(mlp.output, loss, tape.z.back(), y);
  if (l2 == 0) return total;
  for (const Layer& layer : mlp.parameters.layers)
    total = total + layer.w.square().sum() * (l2 / 2);
  return total;
}

Tensor classes_of(const Tensor& p) {
  if (p.size(1) == 1) return (p.squeeze(1) > 0.5).to(torch::kInt64);
  return p.argmax(/*dim=*/1);
}

}  // namespace week01
