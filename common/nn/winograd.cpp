// T tiles, 36 numbers each: y = gather_outputs(m), where m [36, T, K] is the product of
// spread_inputs(x) [36, T, C] and spread_filters(weight) [36, C, K]. The gradient of x is the same
// with filters that are turned around; that of the filters is a sum of such products over tiles.
#include "common/nn/winograd.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/record_function.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <stdexcept>

#include "common/base/processor.h"
#include "common/nn/winograd_loops.h"

namespace common::nn {
using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
namespace {

constexpr auto kLast = at::MemoryFormat::ChannelsLast;
constexpr int64_t kPlanes = 36;
constexpr int64_t kTilesAtOnce = 64;     // their planes stay in the second level cache, or nearly
constexpr int64_t kFewestChannels = 64;  // with fewer the transforms cost more than they save,
constexpr int64_t kFewestTiles = 100;    // and with fewer of these the filters' transform

// Calls work(begin, end, chunk) for runs of tiles, on as many threads as there are. The chunks
// follow from their number, so that sums over them are the same every time.
template <class Work>
void for_blocks(const Tiles& tiles, int64_t chunks, Work work) {
  const bool inference = c10::InferenceMode::is_enabled();  // of this thread, not yet of the others
  at::parallel_for(0, chunks, 1, [&](int64_t first, int64_t last) {
    const c10::InferenceMode mode(inference);
    const at::NoGradGuard no_grad;
    const at::DisableRecordFunctionGuard unseen;  // a trace shows the convolution, not its blocks
    for (int64_t chunk = first; chunk < last; ++chunk) {
      const int64_t end = tiles.count() * (chunk + 1) / chunks;
      for (int64_t i = tiles.count() * chunk / chunks; i < end; i += kTilesAtOnce) {
        work(i, std::min(end, i + kTilesAtOnce), chunk);
      }
    }
  });
}

int64_t chunks_of(const Tiles& tiles) {
  return std::clamp<int64_t>(at::get_num_threads(), 1, tiles.count());
}

// Planes [36, most tiles, channels]. Planes are not a power of two apart: those that a tile's 36
// numbers go to would share one set of the cache.
Tensor make_planes(int64_t channels, const Tensor& like) {
  const int64_t plane = kTilesAtOnce * channels;
  return at::empty(kPlanes * (plane + 16), like.options().requires_grad(false))
      .as_strided({kPlanes, kTilesAtOnce, channels}, {plane + 16, channels, 1});
}

// G (x) G: what is multiplied with the nine numbers of a filter to give its 36, [36, 9].
Tensor filter_transform() {
  const at::NoGradGuard no_grad;
  const Tensor g = at::tensor({1.0 / 4, 0.0, 0.0, -1.0 / 6, -1.0 / 6, -1.0 / 6,  //
                               -1.0 / 6, 1.0 / 6, -1.0 / 6, 1.0 / 24, 1.0 / 12, 1.0 / 6, 1.0 / 24,
                               -1.0 / 12, 1.0 / 6, 0.0, 0.0, 1.0})
                       .view({6, 3});
  return at::kron(g, g).to(at::kFloat);  // [36, 9]
}

// G w G^T of the filters, from inputs to outputs: planes [36, C, K].
Tensor spread_filters(const Tensor& weight) {
  const int64_t K = weight.size(0), C = weight.size(1);
  const Tensor dense = weight.contiguous(kLast);  // in memory [K, 3, 3, C]
  const Tensor taps = at::empty({9, C, K}, weight.options().requires_grad(false));
  for (int64_t i = 0; i < 9; ++i) {
    transpose(K, C, dense.const_data_ptr<float>() + i * C, /*row=*/9 * C,
              taps.mutable_data_ptr<float>() + i * C * K);
  }
  return filter_transform().mm(taps.view({9, C * K})).view({kPlanes, C, K});
}

// The same of the filters turned around, from outputs to inputs: planes [36, K, C].
Tensor spread_turned_filters(const Tensor& weight) {
  const Tensor taps = weight.permute({2, 3, 0, 1}).reshape({9, -1});  // [9, K C]
  return filter_transform().flip(1).mm(taps).view({kPlanes, weight.size(0), weight.size(1)});
}

// y [B, H, W, K] from x [B, H, W, C], both dense, and planes of filters [36, C, K].
Tensor convolve_pixels(const Tensor& x, const Tensor& filters) {
  RECORD_FUNCTION("winograd_conv3x3", {});
  const int64_t C = filters.size(1), K = filters.size(2);
  const Tiles tiles{x.size(0), x.size(1), x.size(2)};
  const Tensor y = at::empty({tiles.images, tiles.height, tiles.width, K}, x.options());
  const int64_t chunks = chunks_of(tiles);
  std::vector<std::pair<Tensor, Tensor>> planes;
  for (int64_t i = 0; i < chunks; ++i) planes.emplace_back(make_planes(C, x), make_planes(K, x));
  for_blocks(tiles, chunks, [&](int64_t begin, int64_t end, int64_t chunk) {
    const auto& [inputs, outputs] = planes[static_cast<size_t>(chunk)];
    spread_inputs(tiles, begin, end, C, x.const_data_ptr<float>(), inputs.data_ptr<float>(),
                  inputs.stride(0));
    Tensor product = outputs.slice(1, 0, end - begin);  // [36, tiles, K]
    at::bmm_out(product, inputs.slice(1, 0, end - begin), filters);
    gather_outputs(tiles, begin, end, K, outputs.const_data_ptr<float>(), outputs.stride(0),
                   y.mutable_data_ptr<float>());
  });
  return y;
}

// The gradient of the filters [K, C, 3, 3], from x [B, H, W, C] and dy [B, H, W, K].
Tensor gradient_of_filters(const Tensor& x, const Tensor& dy) {
  RECORD_FUNCTION("winograd_conv3x3_gradient_of_filters", {});
  const int64_t C = x.size(3), K = dy.size(3);
  const Tiles tiles{x.size(0), x.size(1), x.size(2)};
  const int64_t chunks = chunks_of(tiles);
  const Tensor sums = at::zeros({chunks, kPlanes, K, C}, x.options());
  std::vector<std::pair<Tensor, Tensor>> planes;
  for (int64_t i = 0; i < chunks; ++i) planes.emplace_back(make_planes(C, x), make_planes(K, x));
  for_blocks(tiles, chunks, [&](int64_t begin, int64_t end, int64_t chunk) {
    const auto& [inputs, gradients] = planes[static_cast<size_t>(chunk)];
    spread_inputs(tiles, begin, end, C, x.const_data_ptr<float>(), inputs.data_ptr<float>(),
                  inputs.stride(0));
    spread_gradients(tiles, begin, end, K, dy.const_data_ptr<float>(), gradients.data_ptr<float>(),
                     gradients.stride(0));
    sums[chunk].baddbmm_(gradients.slice(1, 0, end - begin).transpose(1, 2),
                         inputs.slice(1, 0, end - begin));
  });
  const Tensor sum = chunks == 1 ? sums[0] : sums.sum(0);  // [36, K, C]
  return filter_transform()
      .t()
      .mm(sum.view({kPlanes, -1}))
      .view({3, 3, K, C})
      .permute({2, 3, 0, 1});
}

Tensor pixels_of(const Tensor& x) { return x.contiguous(kLast).permute({0, 2, 3, 1}); }

struct Winograd : torch::autograd::Function<Winograd> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight) {
    context->save_for_backward({x, weight});
    return convolve_pixels(pixels_of(x), spread_filters(weight)).permute({0, 3, 1, 2});
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor& x = saved[0];
    const Tensor& weight = saved[1];
    const Tensor dy = pixels_of(gradients[0]);
    Tensor dx, d_weight;
    if (context->needs_input_grad(0)) {
      dx = convolve_pixels(dy, spread_turned_filters(weight)).permute({0, 3, 1, 2});
    }
    if (context->needs_input_grad(1)) d_weight = gradient_of_filters(pixels_of(x), dy);
    return {dx, d_weight};
  }
};

}  // namespace

bool fits_winograd(const Tensor& x, const Tensor& weight) {
  const int64_t C = x.size(1), K = weight.size(0);
  return base::has_vectors() && x.is_cpu() && x.scalar_type() == at::kFloat && x.numel() > 0 &&
         weight.scalar_type() == at::kFloat && C % kChannelsAtOnce == 0 &&
         K % kChannelsAtOnce == 0 && !at::autocast::is_autocast_enabled(at::kCPU);
}

bool gains_by_winograd(const Tensor& x, const Tensor& weight) {
  return std::min(x.size(1), weight.size(0)) >= kFewestChannels &&
         Tiles{x.size(0), x.size(2), x.size(3)}.count() >= kFewestTiles;
}

Tensor winograd_conv3x3(const Tensor& x, const Tensor& weight) {
  if (!fits_winograd(x, weight)) throw std::logic_error("winograd_conv3x3: wrong tensors");
  return Winograd::apply(x, weight);
}

}  // namespace common::nn
