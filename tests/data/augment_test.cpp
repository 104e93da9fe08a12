// Augmentation: shifts, mirrors and holes against a plain loop or a known picture, and how often
// they happen.
#include "common/data/augment.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "common/base/error.h"
#include "tests/data/statistics.h"

namespace {
using namespace common::data;  // all that augment.h declares
using namespace tests;
using at::Tensor;
using common::base::Random;

using Change = std::function<Tensor(const Tensor&, Random&)>;

Tensor numbered(at::IntArrayRef shape, at::ScalarType type = at::kFloat) {
  return at::arange(c10::multiply_integers(shape), type).view(shape);
}

Tensor one_hot(int64_t count) { return at::eye(count, at::kDouble); }

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

}  // namespace
