#include "week01_mlp_xor/depth.h"

#include <cmath>

#include "common/base/random.h"
#include "week01_mlp_xor/by_hand.h"

namespace week01 {
using common::base::Json;
using torch::Tensor;
namespace {

// A scalar tensor for JSON, which has no word for infinity.
Json finite(const Tensor& t) {
  const auto value = t.item<double>();
  return std::isfinite(value) ? Json(value) : Json();
}

Json numbers(const Tensor& t) {
  Json list = Json::array();
  for (int64_t i = 0; i < t.numel(); ++i) list.push_back(finite(t[i]));
  return list;
}

}  // namespace

Json activation_curves() {
  const c10::InferenceMode no_autograd;
  const Tensor z = torch::linspace(-4, 4, 161, torch::kFloat64);  // [161]
  Json functions = Json::array();
  for (const auto& name : activation_names()) {
    const Activation f = activation_named(name);
    const Tensor a = activate(f, z);
    functions.push_back({{"name", name}, {"f", numbers(a)}, {"slope", numbers(slope(f, z, a))}});
  }
  return {{"z", numbers(z)}, {"functions", functions}};
}

Json gradient_through_depth(const DepthConfig& config) {
  const c10::InferenceMode no_autograd;
  constexpr int64_t kBatch = 64;
  std::vector<int64_t> sizes(static_cast<size_t>(config.depth) + 1, config.width);
  sizes.push_back(1);
  const auto seed = static_cast<uint64_t>(config.seed);
  common::base::Random random(seed, /*stream=*/2);
  Tensor x = torch::empty({kBatch, config.width}, torch::kFloat64);  // [B, n]
  for (int64_t i = 0; i < x.numel(); ++i) x.data_ptr<double>()[i] = random.normal();
  Tensor y = torch::empty({kBatch, 1}, torch::kFloat64);  // [B, 1]
  for (int64_t i = 0; i < kBatch; ++i) y.data_ptr<double>()[i] = static_cast<double>(i % 2);

  Json functions = Json::array(), layers = Json::array();
  for (int64_t l = 1; l <= config.depth; ++l) layers.push_back(l);
  Mlp mlp = make_mlp(sizes, Activation::kSigmoid, Output::kSigmoid, init_named(config.init), seed);
  for (const auto& name : activation_names()) {
    mlp.activation = activation_named(name);
    const Tape tape = forward(mlp, x);
    Json gradient = Json::array(), outputs = Json::array();
    for (const Tensor& f : tape.f) outputs.push_back(finite(f.std(/*unbiased=*/false)));
    Tensor dz = loss_gradient(mlp.output, Loss::kBinaryCrossEntropy, tape.p, y);  // [B, 1]
    for (size_t l = tape.f.size(); l-- > 0;) {  // as `backward` does, layer by layer
      const Tensor da = torch::matmul(dz, mlp.parameters.layers[l + 1].w.t());  // [B, n]
      dz = da * slope(mlp.activation, tape.z[l], tape.f[l]);
      gradient.insert(gradient.begin(), finite(dz.square().mean().sqrt()));
    }
    functions.push_back({{"name", name}, {"gradient", gradient}, {"activation", outputs}});
  }
  return {{"layers", layers}, {"functions", functions}};
}

}  // namespace week01
