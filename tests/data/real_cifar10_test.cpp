// The real CIFAR-10: its counts, its mean and its deviation.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "common/data/cifar10.h"
#include "tests/data/real_set.h"

namespace {
using common::data::Cifar10;
using common::data::Cifar10Part;
using common::data::read_cifar10;

constexpr std::size_t kPlane = 1024;

TEST(RealCifar10, HasItsCountsItsMeanAndItsDeviation) {
  const auto real = tests::real_set("cifar-10-batches-bin");
  if (!real.missing.empty()) GTEST_SKIP() << real.missing;
  const Cifar10 train = read_cifar10(real.folder, Cifar10Part::kTrain);
  const Cifar10 test = read_cifar10(real.folder, Cifar10Part::kTest);
  EXPECT_EQ(train.count, 50'000);
  EXPECT_EQ(test.count, 10'000);
  for (int label = 0; label < 10; ++label) {
    EXPECT_EQ(std::count(train.labels.begin(), train.labels.end(), label), 5'000) << label;
    EXPECT_EQ(std::count(test.labels.begin(), test.labels.end(), label), 1'000) << label;
  }
  EXPECT_EQ(train.classes.at(train.labels[0]), "frog");  // the first picture of the set's page
  EXPECT_EQ(test.classes.at(test.labels[0]), "cat");
  for (std::size_t channel = 0; channel < 3; ++channel) {
    std::uint64_t sum = 0, squares = 0;  // at most 50,000 * 1,024 * 255^2 = 3.3e12
    for (std::size_t image = 0; image < 50'000; ++image) {
      const std::uint8_t* const plane = train.images.data() + (image * 3 + channel) * kPlane;
      std::uint32_t plane_sum = 0, plane_squares = 0;
      for (std::size_t i = 0; i < kPlane; ++i) {
        plane_sum += plane[i];
        plane_squares += std::uint32_t{plane[i]} * plane[i];
      }
      sum += plane_sum;
      squares += plane_squares;
    }
    const double n = 50'000.0 * kPlane, mean = static_cast<double>(sum) / n;
    const double deviation = std::sqrt(static_cast<double>(squares) / n - mean * mean);
    EXPECT_NEAR(mean / 255, common::data::kCifar10Mean[channel], 5e-5) << channel;
    EXPECT_NEAR(deviation / 255, common::data::kCifar10Deviation[channel], 5e-5) << channel;
  }
}

}  // namespace
