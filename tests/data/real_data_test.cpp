// The readers on the real sets: what they must find there.
#include <gtest/gtest.h>

#include <numeric>

#include "common/data/csv.h"
#include "common/data/mnist.h"
#include "tests/data/real_set.h"

namespace {

using common::data::Mnist;
using common::data::MnistPart;

double mean(const std::vector<std::uint8_t>& bytes) {
  return std::accumulate(bytes.begin(), bytes.end(), 0.0) / static_cast<double>(bytes.size());
}

TEST(RealMnist, HasItsCountsAndItsMean) {
  const auto set = tests::real_set("mnist");
  if (!set.missing.empty()) GTEST_SKIP() << set.missing;
  const Mnist train = common::data::read_mnist(set.folder, MnistPart::kTrain);
  const Mnist test = common::data::read_mnist(set.folder, MnistPart::kTest);
  EXPECT_EQ(train.count, 60'000);
  EXPECT_EQ(test.count, 10'000);
  EXPECT_NEAR(mean(train.images) / 255, 0.1307, 5e-5);  // the mean that everybody divides by
  EXPECT_EQ(train.labels[0], 5);
  EXPECT_EQ(test.labels[0], 7);
}

TEST(RealIris, HasFiftyOfEachSpecies) {
  const auto set = tests::real_set("tabular");
  if (!set.missing.empty()) GTEST_SKIP() << set.missing;
  const auto iris = common::data::labelled(common::data::read_csv(set.folder / "iris.csv"));
  EXPECT_EQ(iris.rows, 150);
  EXPECT_EQ(iris.columns, 4);
  ASSERT_EQ(iris.classes.size(), 3u);
  EXPECT_EQ(iris.classes[0], "Iris-setosa");
  EXPECT_EQ(std::accumulate(iris.label.begin(), iris.label.end(), std::int64_t{0}), 150);
  EXPECT_EQ(iris.x[0], 5.1);
}

}  // namespace
