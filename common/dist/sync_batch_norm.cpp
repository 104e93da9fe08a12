#include "common/dist/sync_batch_norm.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "common/base/error.h"

namespace common::dist {
using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
namespace {

constexpr std::array<std::int64_t, 3> kPixels = {0, 2, 3};  // what a channel's statistics are over

struct HeldGroup : torch::CustomClassHolder {
  explicit HeldGroup(Group of) : group(std::move(of)) {}
  Group group;
};

Tensor by_channel(const Tensor& values) { return values.view({1, -1, 1, 1}); }

// Statistics of all ranks' pixels, each [C] in double.
struct Statistics {
  Tensor mean, variance;
  Tensor count;  // [1], pixels of a channel
};

Statistics statistics_of_all(const Group& group, const Tensor& x) {
  const std::int64_t channels = x.size(1), count = x.numel() / channels;
  Tensor mine = at::zeros({2 * channels + 1}, x.options().dtype(at::kDouble));
  if (count > 0) {
    const auto [variance, mean] = at::var_mean(x.to(at::promote_types(x.scalar_type(), at::kFloat)),
                                               kPixels, /*correction=*/0);
    mine = at::cat({mean.to(at::kDouble), variance.to(at::kDouble),
                    at::full({1}, static_cast<double>(count), mine.options())});
  }
  const Tensor all = group.all_gather(mine);  // [R, 2 C + 1]
  const Tensor counts = all.slice(1, 2 * channels), means = all.slice(1, 0, channels),
               variances = all.slice(1, channels, 2 * channels);
  Statistics of_all;
  of_all.count = counts.sum(0);
  const Tensor shares = counts / of_all.count;  // [R, 1]
  of_all.mean = (shares * means).sum(0);
  of_all.variance = (shares * (variances + (means - of_all.mean).square())).sum(0);
  return of_all;
}

// y = (x - mean) * inverse deviation * weight + bias.
struct Normalise : torch::autograd::Function<Normalise> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& weight,
                        const Tensor& bias, const Tensor& mean, const Tensor& inverse,
                        const Tensor& count, const Group& group) {
    ctx->save_for_backward({x, weight, mean, inverse, count});
    ctx->saved_data["group"] = c10::IValue::make_capsule(c10::make_intrusive<HeldGroup>(group));
    const Tensor scale = weight * inverse, shift = bias - mean * scale;
    return at::addcmul(by_channel(shift), x, by_channel(scale)).to(x.scalar_type());
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1], &mean = saved[2], &inverse = saved[3],
                 &count = saved[4];
    const auto held = ctx->saved_data["group"].toCapsule();
    const Group& group = static_cast<const HeldGroup&>(*held).group;
    const Tensor dy = gradients[0].to(mean.scalar_type());
    const Tensor normalised = (x - by_channel(mean)) * by_channel(inverse);
    const Tensor bias_gradient = dy.sum(kPixels), weight_gradient = (dy * normalised).sum(kPixels);
    // Every pixel moves the statistics, and they move every pixel of every rank.
    Tensor sums = at::stack({bias_gradient, weight_gradient});  // [2, C]
    group.all_reduce_(sums);
    sums.div_(count);
    const Tensor dx = (dy - by_channel(sums[0]) - normalised * by_channel(sums[1])) *
                      by_channel(weight * inverse);
    return {dx.to(x.scalar_type()), weight_gradient, bias_gradient, {}, {}, {}, {}};
  }
};

}  // namespace

Tensor sync_batch_norm(const Group& group, torch::nn::BatchNorm2d& layer, const Tensor& x) {
  if (!layer->is_training()) return layer(x);
  const auto& options = layer->options;
  base::require(options.affine() && options.track_running_stats() && options.momentum(),
                "sync_batch_norm wants a layer with weights, running statistics and a momentum");
  Statistics all;
  {
    const at::NoGradGuard no_grad;
    all = statistics_of_all(group, x.detach());
    base::require(!x.is_cpu() || all.count.item<double>() > 1,
                  "batch norm wants more than one pixel of each channel");
    const double momentum = *options.momentum();
    const auto type = layer->running_mean.scalar_type();
    layer->running_mean.lerp_(all.mean.to(type), momentum);
    const Tensor unbiased = all.variance * (all.count / (all.count - 1));
    layer->running_var.lerp_(unbiased.to(type), momentum);
    layer->num_batches_tracked.add_(1);
  }
  const auto type = layer->weight.scalar_type();
  const Tensor inverse = (all.variance + options.eps()).rsqrt().to(type);
  return Normalise::apply(x, layer->weight, layer->bias, all.mean.to(type), inverse,
                          all.count.to(type), group);
}

}  // namespace common::dist
