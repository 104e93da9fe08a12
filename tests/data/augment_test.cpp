// Augmentation: each change against a plain loop or a known picture, and how often it happens.
#include "common/data/augment.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>
#include <vector>

#include "common/base/error.h"

namespace {
using at::Tensor;
using common::base::Random;
using namespace common::data;  // all that augment.h declares

using Change = std::function<Tensor(const Tensor&, Random&)>;

Tensor numbered(at::IntArrayRef shape, at::ScalarType type = at::kFloat) {
  return at::arange(c10::multiply_integers(shape), type).view(shape);
}

Tensor one_hot(int64_t count) { return at::eye(count, at::kDouble); }

std::vector<double> values(const Tensor& x) {
  const Tensor flat = x.to(at::kDouble).contiguous().view({-1});
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

double mean_of(const std::vector<double>& x) {
  return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}

double variance_of(const std::vector<double>& x) {
  const double mean = mean_of(x);
  double sum = 0;
  for (const double v : x) sum += (v - mean) * (v - mean);
  return sum / static_cast<double>(x.size() - 1);
}

// Pearson's statistic of counts that should be equal: about their number, with a deviation of the
// root of twice that.
double chi_square(const std::vector<int64_t>& counts) {
  const auto total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), int64_t{0}));
  const double wanted = total / static_cast<double>(counts.size());
  double sum = 0;
  for (const auto n : counts) sum += std::pow(static_cast<double>(n) - wanted, 2) / wanted;
  return sum;
}

// What the header promises of every change, whatever it does.
struct Named {
  const char* name;
  bool bytes_too;  // takes bytes, not floats alone
  Change change;
};

const std::vector<int64_t> kIds = {4, 8, 15, 16, 23, 42, 5, 6};

const std::vector<Named>& all_changes() {
  static const std::vector<Named> all = {
      {"reflect", true,
       [](const Tensor& x, Random& r) { return pad_and_crop(x, 2, Border::kReflect, r); }},
      {"zero", true,
       [](const Tensor& x, Random& r) { return pad_and_crop(x, 2, Border::kZero, r); }},
      {"flip", true, [](const Tensor& x, Random& r) { return flip(x, r); }},
      {"alternating_flip", true,
       [](const Tensor& x, Random& r) { return alternating_flip(x, kIds, 1, r.bits()); }},
      {"cutout", true, [](const Tensor& x, Random& r) { return cutout(x, 3, r); }},
      {"mixup", false,
       [](const Tensor& x, Random& r) { return mixup(x, one_hot(x.size(0)), 1, r).images; }},
      {"cutmix", true,
       [](const Tensor& x, Random& r) { return cutmix(x, one_hot(x.size(0)), 1, r).images; }},
      {"colour_jitter", false,
       [](const Tensor& x, Random& r) {
         return colour_jitter(x, {0.4, 0.4, 0.4}, r);
       }},
      {"rotate", false, [](const Tensor& x, Random& r) { return rotate(x, 20, r); }},
  };
  return all;
}

TEST(Augment, KeepsShapeAndType) {
  for (const auto& [name, bytes_too, change] : all_changes()) {
    for (const auto type : {at::kByte, at::kFloat, at::kDouble, at::kBFloat16}) {
      if (type == at::kByte && !bytes_too) continue;
      Random random(1);
      const Tensor x = at::ones({8, 3, 6, 7}, type);
      const Tensor y = change(x, random);
      EXPECT_EQ(y.sizes(), x.sizes()) << name;
      EXPECT_EQ(y.scalar_type(), type) << name;
      EXPECT_TRUE(at::equal(x, at::ones({8, 3, 6, 7}, type))) << name << " changed its argument";
    }
  }
}

TEST(Augment, DoesNotDependOnTheLayout) {
  at::manual_seed(1);
  const Tensor x = at::rand({8, 3, 6, 7}, at::kDouble);
  for (const auto& [name, bytes_too, change] : all_changes()) {
    Random random(3), again(3);
    const Tensor rows = change(x, random);
    const Tensor last = change(x.contiguous(at::MemoryFormat::ChannelsLast), again);
    EXPECT_TRUE(at::allclose(rows, last, 1e-12, 1e-12)) << name;
  }
}

TEST(Augment, FollowsFromTheSeed) {
  at::manual_seed(1);
  const Tensor x = at::rand({8, 3, 6, 7});
  for (const auto& [name, bytes_too, change] : all_changes()) {
    Random a(5), b(5), c(6);
    const Tensor first = change(x, a);
    EXPECT_TRUE(at::equal(first, change(x, b))) << name;
    EXPECT_FALSE(at::equal(first, change(x, c))) << name;
    EXPECT_EQ(a.bits(), b.bits()) << name;
    EXPECT_FALSE(at::equal(first, x)) << name;
  }
}

// Row y of the result is row y + dy of the image, and so for columns: a plain loop over [H, W].
Tensor moved_plainly(const Tensor& image, int64_t dy, int64_t dx, Border border) {
  const int64_t H = image.size(0), W = image.size(1);
  const auto mirror = [](int64_t at, int64_t size) {
    if (at < 0) return -at;
    return at < size ? at : 2 * (size - 1) - at;
  };
  Tensor result = at::zeros_like(image);
  const auto from = image.accessor<int64_t, 2>();
  auto to = result.accessor<int64_t, 2>();
  for (int64_t y = 0; y < H; ++y) {
    for (int64_t x = 0; x < W; ++x) {
      const int64_t sy = y + dy, sx = x + dx;
      const bool inside = sy >= 0 && sy < H && sx >= 0 && sx < W;
      if (border == Border::kReflect) {
        to[y][x] = from[mirror(sy, H)][mirror(sx, W)];
      } else if (inside) {
        to[y][x] = from[sy][sx];
      }
    }
  }
  return result;
}

TEST(PadAndCrop, IsOneOfTheShiftsOfAPlainLoop) {
  const int64_t B = 200, H = 5, W = 4;
  const Tensor image = numbered({H, W}, at::kLong) + 1;  // no pixel is zero, no two are alike
  // Channel 1 is ten times channel 0: both must move alike.
  const Tensor images =
      at::stack({image, image * 10}).unsqueeze(0).expand({B, 2, H, W}).contiguous();
  for (const auto border : {Border::kReflect, Border::kZero}) {
    for (const int64_t pad : {1, 2, 3}) {
      std::vector<Tensor> wanted;
      for (int64_t dy = -pad; dy <= pad; ++dy) {
        for (int64_t dx = -pad; dx <= pad; ++dx) {
          wanted.push_back(moved_plainly(image, dy, dx, border));
        }
      }
      Random random(static_cast<uint64_t>(pad));
      const Tensor result = pad_and_crop(images, pad, border, random);
      for (int64_t i = 0; i < B; ++i) {
        const auto matches = std::count_if(wanted.begin(), wanted.end(), [&](const Tensor& w) {
          return at::equal(result[i][0], w);
        });
        ASSERT_GE(matches, 1) << "image " << i << ", pad " << pad;
        ASSERT_TRUE(at::equal(result[i][1], result[i][0] * 10));
      }
    }
  }
}

TEST(PadAndCrop, EachShiftIsAlikeLikely) {
  const int64_t B = 50'000, pad = 2;
  Tensor images = at::zeros({B, 1, 7, 7}, at::kByte);
  images.slice(2, 3, 4).slice(3, 3, 4).fill_(1);  // the one in the middle tells the shift
  for (const auto border : {Border::kReflect, Border::kZero}) {
    Random random(7);
    const Tensor at = pad_and_crop(images, pad, border, random).view({B, 49}).argmax(1);  // [B]
    std::vector<int64_t> counts(25);
    for (int64_t i = 0; i < B; ++i) {
      const int64_t row = at.data_ptr<int64_t>()[i] / 7, column = at.data_ptr<int64_t>()[i] % 7;
      ++counts.at(static_cast<size_t>((row - 1) * 5 + column - 1));
    }
    // 24 degrees of freedom: above 60 once in 15,000 seeds. A shift that is drawn 10 % less often
    // than the others adds 20.
    EXPECT_LT(chi_square(counts), 60);
  }
}

TEST(PadAndCrop, OfNothingIsNothingAndTooMuchIsRefused) {
  const Tensor images = numbered({2, 1, 4, 6});
  Random random(1);
  EXPECT_TRUE(at::equal(pad_and_crop(images, 0, Border::kReflect, random), images));
  EXPECT_THROW(pad_and_crop(images, -1, Border::kZero, random), common::base::Error);
  EXPECT_THROW(pad_and_crop(images, 4, Border::kReflect, random), common::base::Error);
  EXPECT_NO_THROW(pad_and_crop(images, 3, Border::kReflect, random));
  EXPECT_NO_THROW(pad_and_crop(images, 9, Border::kZero, random));
}

// Which images are the mirrored ones; fails where one is neither.
std::vector<bool> flipped(const Tensor& result, const Tensor& images) {
  const auto each = [&](const Tensor& wanted) {
    return result.eq(wanted).reshape({result.size(0), -1}).all(1);
  };
  const Tensor turned = each(images.flip(3)), kept = each(images);  // [B]
  EXPECT_TRUE(turned.logical_xor(kept).all().item<bool>());
  std::vector<bool> which;
  for (int64_t i = 0; i < turned.size(0); ++i) which.push_back(turned.data_ptr<bool>()[i]);
  return which;
}

double share_of(const std::vector<bool>& which) {
  return static_cast<double>(std::count(which.begin(), which.end(), true)) /
         static_cast<double>(which.size());
}

TEST(Flip, MirrorsTheShareThatIsAsked) {
  const Tensor images = numbered({10'000, 2, 2, 3});
  for (const double p : {0.0, 0.1, 0.5, 1.0}) {
    Random random(11);
    const double share = share_of(flipped(flip(images, random, p), images));
    EXPECT_NEAR(share, p, 4 * std::sqrt(p * (1 - p) / 10'000)) << p;
  }
}

TEST(AlternatingFlip, ShowsEachImageBothWaysInTwoEpochs) {
  const int64_t B = 10'000;
  const Tensor images = numbered({B, 1, 2, 3});
  std::vector<int64_t> ids(static_cast<size_t>(B));
  std::iota(ids.begin(), ids.end(), 0);
  const auto of = [&](int64_t epoch, uint64_t seed) {
    return flipped(alternating_flip(images, ids, epoch, seed), images);
  };
  const auto even = of(0, 1), odd = of(1, 1), other = of(0, 2);
  EXPECT_NEAR(share_of(even), 0.5, 0.02);  // 4 standard deviations
  int64_t same = 0, same_seeds = 0;
  for (size_t i = 0; i < even.size(); ++i) {
    same += even[i] == odd[i];
    same_seeds += even[i] == other[i];
  }
  EXPECT_EQ(same, 0);
  EXPECT_NEAR(static_cast<double>(same_seeds), 5'000, 200);
  EXPECT_EQ(of(2, 1), even);
  EXPECT_EQ(of(37, 1), odd);
  // It is the sample's number that decides, not its place in the batch.
  std::reverse(ids.begin(), ids.end());
  auto reversed = of(0, 1);
  std::reverse(reversed.begin(), reversed.end());
  EXPECT_EQ(reversed, even);
}

TEST(Cutout, CutsASquareAboutAnyPixel) {
  const int64_t B = 20'000, H = 6, W = 7;
  for (const int64_t size : {1, 2, 3, 4}) {
    Random random(static_cast<uint64_t>(size));
    const Tensor result = cutout(at::full({B, 2, H, W}, 5, at::kByte), size, random, 9);
    const Tensor cut = result.eq(9);  // [B, 2, H, W]
    ASSERT_TRUE(cut.logical_xor(result.eq(5)).all().item<bool>());
    ASSERT_TRUE(at::equal(cut.select(1, 0), cut.select(1, 1)));
    // The rows and the columns that are cut: all pairs of them are, so that it is a box.
    const Tensor rows = cut.select(1, 0).any(2), columns = cut.select(1, 0).any(1);
    ASSERT_TRUE(at::equal(cut.select(1, 0), rows.unsqueeze(2) & columns.unsqueeze(1)));
    const auto centres = [&](const Tensor& lines, int64_t side) {  // [B, side] -> [B]
      // Which of the `side` cut lines they are, as bits.
      Tensor wanted = at::zeros({side, side}, at::kBool);
      for (int64_t centre = 0; centre < side; ++centre) {
        const int64_t begin = std::max<int64_t>(0, centre - size / 2);
        wanted[centre].slice(0, begin, std::min(side, centre - size / 2 + size)).fill_(true);
      }
      const Tensor matches = lines.unsqueeze(1).eq(wanted).all(2);  // [B, side]
      EXPECT_TRUE(matches.sum(1).eq(1).all().item<bool>()) << size;
      return matches.to(at::kLong).argmax(1);
    };
    const Tensor at = centres(rows, H) * W + centres(columns, W);
    std::vector<int64_t> counts(static_cast<size_t>(H * W));
    for (int64_t i = 0; i < B; ++i) ++counts[static_cast<size_t>(at.data_ptr<int64_t>()[i])];
    EXPECT_LT(chi_square(counts), 85) << size;  // 41 degrees of freedom: once in 15,000 seeds
  }
  Random random(1);
  const Tensor images = numbered({2, 1, 3, 3});
  EXPECT_TRUE(at::equal(cutout(images, 0, random), images));
  EXPECT_EQ(cutout(images + 1, 6, random).count_nonzero().item<int64_t>(), 0);  // from any centre
}

// Image i is i everywhere, and so is its class: what is blended can be read off.
struct Constant {
  Tensor images, targets;
};

Constant constant(int64_t count, int64_t height, int64_t width) {
  return {at::arange(count, at::kDouble).view({count, 1, 1, 1}).expand({count, 2, height, width}),
          one_hot(count)};
}

TEST(Mixup, BlendsTargetsAsItBlendsImages) {
  const int64_t B = 16;
  const auto [images, targets] = constant(B, 2, 3);
  Random random(1);
  for (int draw = 0; draw < 20; ++draw) {
    const Mixed mixed = mixup(images, targets, 0.7, random);
    EXPECT_TRUE(at::allclose(mixed.targets.sum(1), at::ones({B}, at::kDouble), 0, 1e-12));
    EXPECT_TRUE(mixed.targets.ge(0).all().item<bool>());
    EXPECT_LE(mixed.targets.gt(0).sum(1).max().item<int64_t>(), 2);
    // Each image is the other one of one image: the partners are a permutation.
    EXPECT_TRUE(at::allclose(mixed.targets.sum(0), at::ones({B}, at::kDouble), 0, 1e-12));
    const Tensor level = mixed.targets.mv(at::arange(B, at::kDouble));
    EXPECT_TRUE(at::allclose(mixed.images, level.view({B, 1, 1, 1}).expand_as(images), 0, 1e-12));
  }
}

// The share of an image in its own blend, which is the same for all that have another partner.
double share_kept(const Tensor& targets) {
  const std::vector<double> own = values(targets.diagonal());
  const double share = *std::min_element(own.begin(), own.end());
  for (const double s : own) EXPECT_TRUE(s == 1 || std::abs(s - share) < 1e-12);
  return share;
}

TEST(Mixup, DrawsItsShareFromTheBetaDistribution) {
  const auto [images, targets] = constant(8, 1, 1);
  Random random(2);
  for (const double alpha : {0.2, 1.0, 3.0}) {
    std::vector<double> shares;
    for (int draw = 0; draw < 2'000; ++draw) {
      shares.push_back(share_kept(mixup(images, targets, alpha, random).targets));
    }
    const double variance = 1 / (4 * (2 * alpha + 1));
    // Some 4 standard deviations of each.
    EXPECT_NEAR(mean_of(shares), 0.5, 4 * std::sqrt(variance / 2'000)) << alpha;
    EXPECT_NEAR(variance_of(shares), variance, 0.1 * variance) << alpha;
  }
}

TEST(Mixup, OfNothingIsNothing) {
  const auto [images, targets] = constant(4, 2, 2);
  Random random(1);
  for (const auto& mixed :
       {mixup(images, targets, 0, random), cutmix(images, targets, 0, random)}) {
    EXPECT_TRUE(at::equal(mixed.images, images));
    EXPECT_TRUE(at::equal(mixed.targets, targets));
  }
}

TEST(Cutmix, PutsInABoxAndBlendsTargetsByItsArea) {
  const int64_t B = 32, H = 7, W = 9;
  const auto [images, targets] = constant(B, H, W);
  Random random(3);
  for (int draw = 0; draw < 20; ++draw) {
    const Mixed mixed = cutmix(images, targets, 1, random);
    EXPECT_TRUE(at::allclose(mixed.targets.sum(1), at::ones({B}, at::kDouble), 0, 1e-12));
    // As much of each class as there are pixels of its image.
    const Tensor classes = at::arange(B, at::kDouble).view({1, B, 1, 1, 1});
    const Tensor pixels = mixed.images.unsqueeze(1).eq(classes).to(at::kDouble).mean({2, 3, 4});
    EXPECT_TRUE(at::allclose(mixed.targets, pixels, 0, 1e-12));
    const Tensor taken = mixed.images.ne(images).select(1, 0);  // [B, H, W]
    EXPECT_TRUE(at::equal(mixed.images.ne(images).select(1, 1), taken));
    EXPECT_TRUE(at::equal(taken, taken.any(2, true) & taken.any(1, true)));  // a box
  }
}

TEST(Cutmix, DrawsItsAreaFromTheBetaDistribution) {
  const int64_t B = 64, H = 20, W = 30;
  const auto [images, targets] = constant(B, H, W);
  Random random(4);
  std::vector<double> areas, ratios;
  for (int draw = 0; draw < 300; ++draw) {
    const Tensor taken = cutmix(images, targets, 1, random).images.ne(images).select(1, 0);
    // The largest box of the batch, which the edge did not cut in either direction.
    const auto largest = [&](int64_t direction, int64_t size) {
      const Tensor lines = taken.any(direction).sum(1).max();
      return static_cast<double>(lines.item<int64_t>()) / static_cast<double>(size);
    };
    const double height = largest(2, H), width = largest(1, W);
    areas.push_back(height * width);
    if (width > 0.5) ratios.push_back(height / width);
  }
  EXPECT_NEAR(mean_of(areas), 0.5, 4 * std::sqrt(1.0 / 12 / 300));
  EXPECT_NEAR(variance_of(areas), 1.0 / 12, 0.2 / 12);
  EXPECT_NEAR(mean_of(ratios), 1, 0.02);  // shaped as the image is
}

Tensor random_pictures(int64_t count) {
  at::manual_seed(1);
  return at::rand({count, 3, 4, 5}, at::kDouble);
}

Tensor grey(const Tensor& x) {                                                      // ITU-R BT.601
  return 0.299 * x.select(1, 0) + 0.587 * x.select(1, 1) + 0.114 * x.select(1, 2);  // [B, H, W]
}

TEST(ColourJitter, OfNothingIsNothing) {
  Random random(1);
  const Tensor images = random_pictures(4);
  EXPECT_TRUE(at::equal(colour_jitter(images, {}, random), images));
}

TEST(ColourJitter, StaysInRange) {
  Random random(1);
  const Tensor images = random_pictures(200);
  for (const ColourJitter& how : {ColourJitter{0.9, 0.9, 0.9}, ColourJitter{0.9, 0, 0},
                                  ColourJitter{0, 0.9, 0}, ColourJitter{0, 0, 0.9}}) {
    const Tensor result = colour_jitter(images, how, random);
    EXPECT_GE(result.min().item<double>(), 0);
    EXPECT_EQ(result.max().item<double>(), 1);  // some had to be held back
  }
}

// Expects factors that are spread evenly over [1 - most, 1 + most].
void expect_factors(const Tensor& factors, double most) {
  const auto f = values(factors);
  EXPECT_NEAR(*std::min_element(f.begin(), f.end()), 1 - most, 0.01 * most);
  EXPECT_NEAR(*std::max_element(f.begin(), f.end()), 1 + most, 0.01 * most);
  EXPECT_GE(*std::min_element(f.begin(), f.end()), 1 - most - 1e-9);
  EXPECT_LE(*std::max_element(f.begin(), f.end()), 1 + most + 1e-9);
  EXPECT_NEAR(mean_of(f), 1, 4 * most / std::sqrt(3.0 * static_cast<double>(f.size())));
  EXPECT_NEAR(variance_of(f), most * most / 3, 0.1 * most * most / 3);
}

TEST(ColourJitter, ScalesBrightnessContrastAndSaturation) {
  const int64_t B = 3'000;
  const Tensor images = 0.45 + 0.1 * random_pictures(B);  // far from 0 and 1: nothing is clamped
  const double most = 0.5;
  Random random(2);
  // Reads an image's factor off one pixel and expects it of all; `centre` is what stays.
  const auto check = [&](const ColourJitter& how, const Tensor& centre) {
    const Tensor result = colour_jitter(images, how, random);
    const Tensor before = images - centre, after = result - centre;
    const Tensor strongest = before.view({B, -1}).abs().argmax(1, true);  // [B, 1]
    const Tensor factors =
        (after.reshape({B, -1}).gather(1, strongest) / before.view({B, -1}).gather(1, strongest));
    EXPECT_TRUE(at::allclose(after, before * factors.view({B, 1, 1, 1}), 0, 1e-12));
    expect_factors(factors, most);
  };
  check({most, 0, 0}, at::zeros_like(images));
  check({0, most, 0}, grey(images).mean({1, 2}).view({B, 1, 1, 1}).expand_as(images));
  check({0, 0, most}, grey(images).unsqueeze(1).expand_as(images));
}

// A round spot of radius `sigma` about a point that many pixels off the centre, [1, 1, H, W].
Tensor spot(int64_t H, int64_t W, double down, double right, double sigma) {
  const auto square = [](int64_t size, double offset) {
    const double centre = static_cast<double>(size - 1) / 2 + offset;
    return (at::arange(size, at::kDouble) - centre).square();
  };
  const Tensor distance = square(H, down).unsqueeze(1) + square(W, right).unsqueeze(0);
  return (-distance / (2 * sigma * sigma)).exp().view({1, 1, H, W});
}

TEST(Rotate, LeavesWhatIsRoundAboutTheCentre) {
  Random random(1);
  for (const auto& [H, W] : {std::pair<int64_t, int64_t>{33, 33}, {32, 48}}) {
    const Tensor images = spot(H, W, 0, 0, 4).expand({100, 2, H, W});
    const Tensor result = rotate(images, 180, random);
    EXPECT_LT((result - images).abs().max().item<double>(), 0.02);
    EXPECT_TRUE(at::equal(rotate(images, 0, random), images));
  }
}

TEST(Rotate, TurnsByAnglesThatSpanTheRange) {
  const int64_t B = 1'000;
  const double most = 30, radius = 10;
  for (const auto& [H, W] : {std::pair<int64_t, int64_t>{33, 33}, {32, 48}}) {
    Random random(5);
    const Tensor result = rotate(spot(H, W, 0, radius, 1.2).expand({B, 1, H, W}), most, random);
    const Tensor weight = result.select(1, 0) / result.sum({1, 2, 3}).view({B, 1, 1});
    const auto place = [&](int64_t direction, int64_t size) {  // of the spot, off the centre
      const Tensor offsets = at::arange(size, at::kDouble) - static_cast<double>(size - 1) / 2;
      return weight.sum(direction).mv(offsets);  // [B]
    };
    const Tensor down = place(2, H), right = place(1, W);
    const auto distances = values((down.square() + right.square()).sqrt());
    EXPECT_NEAR(*std::min_element(distances.begin(), distances.end()), radius, 0.02);
    EXPECT_NEAR(*std::max_element(distances.begin(), distances.end()), radius, 0.02);
    const auto angles = values(at::atan2(down, right) * (180 / std::numbers::pi));
    EXPECT_NEAR(*std::min_element(angles.begin(), angles.end()), -most, 0.3);
    EXPECT_NEAR(*std::max_element(angles.begin(), angles.end()), most, 0.3);
    EXPECT_NEAR(mean_of(angles), 0, 4 * most / std::sqrt(3.0 * B));
    EXPECT_NEAR(variance_of(angles), most * most / 3, 0.1 * most * most / 3);
  }
}

TEST(Rotate, HasZerosOutside) {
  const int64_t B = 200, side = 16;
  Random random(6);
  const Tensor result = rotate(at::ones({B, 1, side, side}, at::kDouble), 45, random);
  EXPECT_GE(result.min().item<double>(), 0);
  EXPECT_LE(result.max().item<double>(), 1 + 1e-6);
  // Far from the edge nothing comes from outside; at 45 degrees the corner does.
  const Tensor middle = result.slice(2, 4, 12).slice(3, 4, 12);
  EXPECT_NEAR(middle.min().item<double>(), 1, 1e-6);
  const auto corners = values(result.select(2, 0).select(2, 0));
  EXPECT_EQ(*std::min_element(corners.begin(), corners.end()), 0);
  EXPECT_GT(std::count(corners.begin(), corners.end(), 0.0), B / 2);
}

// A grid in bfloat16 could not tell neighbouring pixels apart: only the result is rounded.
TEST(Rotate, IsAsGoodForHalfTypesAsTheyCanTell) {
  const Tensor images = at::rand({8, 3, 32, 32});
  for (const auto type : {at::kBFloat16, at::kHalf}) {
    Random random(6), again(6);
    const Tensor rounded = images.to(type);
    const Tensor wanted = rotate(rounded.to(at::kFloat), 30, random);
    const Tensor result = rotate(rounded, 30, again);
    EXPECT_TRUE(result.equal(wanted.to(type))) << type;
  }
}

}  // namespace
