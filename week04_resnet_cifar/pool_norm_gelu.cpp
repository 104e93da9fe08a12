#include "week04_resnet_cifar/pool_norm_gelu.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <vector>

#include "common/base/processor.h"
#include "week04_resnet_cifar/pool_norm_gelu_loops.h"

namespace week04 {
using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
namespace {

constexpr auto kLast = at::MemoryFormat::ChannelsLast;

ImageShape shape_of(const Tensor& x, bool pool) {
  return {x.size(1), x.size(2), x.size(3), pool ? x.size(2) / 2 : x.size(2),
          pool ? x.size(3) / 2 : x.size(3)};
}

// Two sums for each channel over all images. Each thread has a run of images; within an image the
// sums are floats, over images doubles. Chunks are added in order: the result follows from the
// number of threads. `work(i, first, second)` adds image i's.
template <class Work>
std::pair<Tensor, Tensor> sums_over_images(int64_t images, int64_t channels, Work work) {
  const int64_t chunks = std::clamp<int64_t>(at::get_num_threads(), 1, images);
  const Tensor sums = at::zeros({chunks, 2, channels}, at::kDouble);
  at::parallel_for(0, chunks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t chunk = begin; chunk < end; ++chunk) {
      std::vector<float> of_image(static_cast<size_t>(2 * channels));
      double* const total = sums.data_ptr<double>() + chunk * 2 * channels;
      for (int64_t i = images * chunk / chunks; i < images * (chunk + 1) / chunks; ++i) {
        std::fill(of_image.begin(), of_image.end(), 0.0F);
        work(i, of_image.data(), of_image.data() + channels);
        for (int64_t c = 0; c < 2 * channels; ++c) total[c] += of_image[static_cast<size_t>(c)];
      }
    }
  });
  const Tensor total = sums.sum(0);  // [2, C]
  return {total[0], total[1]};
}

template <class Work>
void for_images(int64_t images, Work work) {
  at::parallel_for(0, images, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) work(i);
  });
}

// Calls f with a zero of the type of x's numbers.
template <class F>
void with_type(const Tensor& x, F f) {
  x.scalar_type() == at::kFloat ? f(float{}) : f(c10::BFloat16{});
}

struct Fused : torch::autograd::Function<Fused> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& bias,
                        torch::nn::BatchNorm2dImpl* norm, bool pool) {
    const int64_t B = x.size(0);
    const ImageShape s = shape_of(x, pool);
    const Tensor y = pool ? at::empty({B, s.channels, s.rows, s.columns}, x.options(), kLast) : x;
    const Tensor which = pool ? at::empty_like(y, at::kByte) : Tensor();  // 0 to 3: the largest
    std::pair<Tensor, Tensor> sums;
    with_type(x, [&]<class T>(T) {
      const T* const in = x.const_data_ptr<T>();
      sums = sums_over_images(B, s.channels, [&](int64_t i, float* sum, float* squares) {
        if (pool) {
          pool_image(s, in + i * s.input(), y.mutable_data_ptr<T>() + i * s.output(),
                     which.mutable_data_ptr<uint8_t>() + i * s.output(), sum, squares);
        } else {
          sum_image(s, in + i * s.input(), sum, squares);
        }
      });
    });
    const auto n = static_cast<double>(B * s.rows * s.columns);
    const Tensor mean = sums.first / n;                                      // [C]
    const Tensor variance = (sums.second / n - mean.square()).clamp_min(0);  // [C]
    const Tensor inverse = (variance + norm->options.eps()).rsqrt();         // [C]
    const Tensor scale = inverse * norm->weight.detach();                    // [C]
    const Tensor shift = bias.detach() - mean * scale;                       // [C]
    // The loops' four numbers of each channel, in this order.
    const Tensor numbers = at::stack({mean, inverse, scale, shift}).to(at::kFloat);  // [4, C]
    const double momentum = norm->options.momentum().value();
    norm->running_mean.lerp_(mean.to(at::kFloat), momentum);
    norm->running_var.lerp_((variance * (n / (n - 1))).to(at::kFloat), momentum);
    norm->num_batches_tracked.add_(1);

    const Tensor out = at::empty_like(y);
    with_type(x, [&]<class T>(T) {
      for_images(B, [&](int64_t i) {
        gelu_image(s, y.const_data_ptr<T>() + i * s.output(), numbers.const_data_ptr<float>(),
                   out.mutable_data_ptr<T>() + i * s.output());
      });
    });
    context->save_for_backward({y, which, numbers});
    context->saved_data["input"] = x.sizes().vec();
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor y = saved[0], which = saved[1], numbers = saved[2];
    const bool pool = which.defined();
    const Tensor d_out = gradients[0].to(y.scalar_type()).contiguous(kLast);
    const std::vector<int64_t> sizes = context->saved_data["input"].toIntVector();
    const Tensor dx = at::empty(sizes, y.options(), kLast);
    const int64_t B = dx.size(0);
    const ImageShape s = shape_of(dx, pool);
    // Of what went into the GELU, then in its place of y. Without pooling that is dx itself.
    const Tensor dz = pool ? at::empty_like(y) : dx;
    std::pair<Tensor, Tensor> sums;  // of dz, and of dz times the normal numbers
    with_type(y, [&]<class T>(T) {
      sums = sums_over_images(B, s.channels, [&](int64_t i, float* sum, float* with_normed) {
        gelu_backward_image(s, y.const_data_ptr<T>() + i * s.output(),
                            d_out.const_data_ptr<T>() + i * s.output(),
                            numbers.const_data_ptr<float>(),
                            dz.mutable_data_ptr<T>() + i * s.output(), sum, with_normed);
      });
    });
    const auto n = static_cast<double>(B * s.rows * s.columns);
    const Tensor means = at::stack({sums.first / n, sums.second / n}).to(at::kFloat);  // [2, C]
    with_type(y, [&]<class T>(T) {
      for_images(B, [&](int64_t i) {
        norm_backward_image(s, y.const_data_ptr<T>() + i * s.output(),
                            numbers.const_data_ptr<float>(), means.const_data_ptr<float>(),
                            dz.mutable_data_ptr<T>() + i * s.output());
        if (!pool) return;
        unpool_image(s, dz.const_data_ptr<T>() + i * s.output(),
                     which.const_data_ptr<uint8_t>() + i * s.output(),
                     dx.mutable_data_ptr<T>() + i * s.input());
      });
    });
    return {dx, sums.first.to(at::kFloat), Tensor(), Tensor()};
  }
};

bool takes_fused(const Tensor& x, const torch::nn::BatchNorm2dImpl& norm) {
  return common::base::has_vectors() && norm.is_training() && !norm.weight.requires_grad() &&
         norm.bias.scalar_type() == at::kFloat && x.is_cpu() &&
         (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16) &&
         x.is_contiguous(kLast) && x.size(0) > 1 && x.size(2) > 1 && x.size(3) > 1;
}

}  // namespace

Tensor plain_pool_norm_gelu(Tensor x, torch::nn::BatchNorm2d& norm, bool pool) {
  if (pool) x = at::max_pool2d(x, 2);  // [B, C, H / 2, W / 2]
  return at::gelu(norm(x));
}

Tensor pool_norm_gelu(const Tensor& x, torch::nn::BatchNorm2d& norm, bool pool) {
  if (!takes_fused(x, *norm)) return plain_pool_norm_gelu(x, norm, pool);
  return Fused::apply(x, norm->bias, norm.get(), pool);
}

}  // namespace week04
