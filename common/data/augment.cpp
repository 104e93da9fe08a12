#include "common/data/augment.h"

#include <ATen/ATen.h>

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "common/base/error.h"

namespace common::data {
using at::Tensor;
using base::Random;
using base::require;
namespace {

// `draw` for each of n samples, [n] on the device of `like`.
template <class Draw>
Tensor per_sample(const Tensor& like, Draw draw, at::ScalarType type = at::kFloat) {
  const int64_t n = like.size(0);
  Tensor values = at::empty({n}, at::kDouble);
  for (int64_t i = 0; i < n; ++i) values.data_ptr<double>()[i] = static_cast<double>(draw());
  return values.to(like.device(), type);
}

Tensor factors(const Tensor& images, double most, Random& random) {
  return per_sample(images, [&] { return random.uniform(1 - most, 1 + most); })
      .to(images.dtype())
      .view({-1, 1, 1, 1});  // [B, 1, 1, 1]
}

// A permutation of the batch, [B].
Tensor partners(const Tensor& images, Random& random) {
  return at::tensor(random.permutation(images.size(0)), at::kLong).to(images.device());
}

// Gamma(shape) for shape > 0. Source: Marsaglia and Tsang 2000, doi:10.1145/358407.358414.
double gamma(double shape, Random& random) {
  if (shape < 1) {
    const double larger = gamma(shape + 1, random);  // drawn first
    return larger * std::pow(1 - random.uniform(), 1 / shape);
  }
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = random.normal(), v = std::pow(1 + c * x, 3);
    if (v > 0 && std::log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) {
      return d * v;
    }
  }
}

double beta(double alpha, Random& random) {
  const double a = gamma(alpha, random), b = gamma(alpha, random);
  return a + b > 0 ? a / (a + b) : 1;
}

// Where a length that is centred anywhere within `size` pixels begins, for each sample, [B].
Tensor corners(const Tensor& images, int64_t size, double length, Random& random) {
  return per_sample(images, [&] {
    return static_cast<double>(random.below(static_cast<uint64_t>(size))) - std::floor(length / 2);
  });
}

// The half-open ranges rows and columns of a box a side, as a mask [B, 1, H, W].
Tensor box_mask(const Tensor& images, const Tensor& top, const Tensor& left, double height,
                double width) {
  const auto inside = [&](int64_t size, const Tensor& begin, double length) {
    const Tensor at = at::arange(size, images.options().dtype(at::kFloat));  // [size]
    const Tensor from = begin.unsqueeze(1);                                  // [B, 1]
    return at.ge(from).logical_and(at.lt(from + length));                    // [B, size]
  };
  return inside(images.size(2), top, height)
      .unsqueeze(2)
      .logical_and(inside(images.size(3), left, width).unsqueeze(1))
      .unsqueeze(1);
}

Tensor flip_where(const Tensor& images, const Tensor& which) {
  return at::where(which.view({-1, 1, 1, 1}), images.flip(3), images);
}

}  // namespace

Tensor pad_and_crop(const Tensor& images, int64_t pad, Border border, Random& random) {
  const int64_t B = images.size(0), H = images.size(2), W = images.size(3);
  require(pad >= 0 && (border == Border::kZero || (pad < H && pad < W)),
          "cannot pad images of " + std::to_string(H) + " x " + std::to_string(W) + " by " +
              std::to_string(pad));
  if (pad == 0) return images;
  // Row y of the result is row y + dy - pad of the image, and so for columns.
  const auto draw = [&] { return random.below(static_cast<uint64_t>(2 * pad + 1)); };
  const Tensor dy = per_sample(images, draw, at::kLong), dx = per_sample(images, draw, at::kLong);
  const auto source = [&](const Tensor& shift, int64_t size) {
    return at::arange(size, shift.options()).unsqueeze(0) + shift.unsqueeze(1) - pad;  // [B, size]
  };
  Tensor rows = source(dy, H), columns = source(dx, W);
  Tensor inside;
  if (border == Border::kZero) {
    const auto within = [](const Tensor& at, int64_t size) { return at.ge(0) & at.lt(size); };
    inside = within(rows, H).unsqueeze(2) & within(columns, W).unsqueeze(1);  // [B, H, W]
    rows = rows.clamp(0, H - 1);
    columns = columns.clamp(0, W - 1);
  } else {
    const auto mirror = [](const Tensor& at, int64_t size) {  // -1 -> 1, size -> size - 2
      return (size - 1) - ((size - 1) - at.abs()).abs();
    };
    rows = mirror(rows, H);
    columns = mirror(columns, W);
  }
  const Tensor batch = at::arange(B, rows.options()).view({B, 1, 1});
  Tensor moved = images.permute({0, 2, 3, 1})
                     .index({batch, rows.unsqueeze(2), columns.unsqueeze(1)});  // [B, H, W, C]
  if (inside.defined()) moved = moved * inside.unsqueeze(3).to(moved.dtype());
  return moved.permute({0, 3, 1, 2});
}

Tensor flip(const Tensor& images, Random& random, double p) {
  return flip_where(images, per_sample(
                                images, [&] { return random.uniform() < p; }, at::kBool));
}

Tensor alternating_flip(const Tensor& images, std::span<const int64_t> ids, int64_t epoch,
                        uint64_t seed) {
  size_t i = 0;
  const auto turned = [&] {
    const bool first = (Random(seed, static_cast<uint64_t>(ids[i++])).bits() & 1) != 0;
    return first != (epoch % 2 != 0);
  };
  return flip_where(images, per_sample(images, turned, at::kBool));
}

Tensor cutout(const Tensor& images, int64_t size, Random& random, double value) {
  if (size <= 0) return images;
  const auto side = static_cast<double>(size);
  const Tensor top = corners(images, images.size(2), side, random);
  const Tensor left = corners(images, images.size(3), side, random);
  return images.masked_fill(box_mask(images, top, left, side, side), value);
}

Mixed mixup(const Tensor& images, const Tensor& targets, double alpha, Random& random) {
  if (alpha <= 0) return {images, targets};
  const double share = beta(alpha, random);
  const Tensor other = partners(images, random);
  return {images * share + images.index_select(0, other) * (1 - share),
          targets * share + targets.index_select(0, other) * (1 - share)};
}

Mixed cutmix(const Tensor& images, const Tensor& targets, double alpha, Random& random) {
  if (alpha <= 0) return {images, targets};
  const double side = std::sqrt(1 - beta(alpha, random));
  const Tensor other = partners(images, random);
  const auto H = static_cast<double>(images.size(2)), W = static_cast<double>(images.size(3));
  const double height = std::round(side * H), width = std::round(side * W);
  const Tensor top = corners(images, images.size(2), height, random);
  const Tensor left = corners(images, images.size(3), width, random);
  const Tensor mask = box_mask(images, top, left, height, width);              // [B, 1, H, W]
  const Tensor taken = mask.to(targets.dtype()).mean({1, 2, 3}).unsqueeze(1);  // [B, 1]
  return {at::where(mask, images.index_select(0, other), images),
          targets * (1 - taken) + targets.index_select(0, other) * taken};
}

Tensor colour_jitter(const Tensor& images, const ColourJitter& how, Random& random) {
  const Tensor weights = at::tensor({0.299, 0.587, 0.114}, at::kDouble)  // ITU-R BT.601
                             .to(images.options())
                             .view({1, 3, 1, 1});
  const auto grey = [&](const Tensor& x) { return (x * weights).sum(1, /*keepdim=*/true); };
  Tensor x = images;
  if (how.brightness > 0) x = (x * factors(x, how.brightness, random)).clamp(0, 1);
  if (how.contrast > 0) {
    const Tensor mean = grey(x).mean({2, 3}, /*keepdim=*/true);  // [B, 1, 1, 1]
    x = (mean + (x - mean) * factors(x, how.contrast, random)).clamp(0, 1);
  }
  if (how.saturation > 0) {
    const Tensor level = grey(x);  // [B, 1, H, W]
    x = (level + (x - level) * factors(x, how.saturation, random)).clamp(0, 1);
  }
  return x;
}

Tensor rotate(const Tensor& images, double degrees, Random& random) {
  if (degrees <= 0) return images;
  // Half types cannot tell neighbouring pixels of the grid apart.
  const Tensor x = images.to(at::promote_types(images.scalar_type(), at::kFloat));
  const double most = degrees * std::numbers::pi / 180;
  const Tensor angle = per_sample(images, [&] { return random.uniform(-most, most); });  // [B]
  // In grid_sample's coordinates both axes run from -1 to 1, so that a turn needs the aspect ratio.
  const double aspect = static_cast<double>(images.size(2)) / static_cast<double>(images.size(3));
  const Tensor c = angle.cos(), s = angle.sin(), zero = at::zeros_like(angle);
  const Tensor theta = at::stack(
      {at::stack({c, -s * aspect, zero}, 1), at::stack({s / aspect, c, zero}, 1)}, 1);  // [B, 2, 3]
  const Tensor grid = at::affine_grid_generator(theta.to(x.dtype()), x.sizes(),
                                                /*align_corners=*/false);  // [B, H, W, 2]
  return at::grid_sampler(x, grid, /*bilinear*/ 0, /*zeros*/ 0, /*align_corners=*/false)
      .to(images.dtype());
}

}  // namespace common::data
