// Means, spreads and bars.
#include "common/base/expect.h"

#include <gtest/gtest.h>

#include "common/base/error.h"
#include "tests/temporary_folder.h"

namespace {
namespace base = common::base;
using common::base::Error;
using common::base::parse_expectation;
using common::base::spreads;

TEST(Expect, BarsAreParsed) {
  const auto bar = parse_expectation("test_accuracy >= 0.982");
  EXPECT_EQ(bar.metric, "test_accuracy");
  EXPECT_EQ(bar.comparison, ">=");
  EXPECT_EQ(bar.bar, 0.982);
  EXPECT_TRUE(bar.holds(0.982));
  EXPECT_FALSE(bar.holds(0.9819));
  EXPECT_FALSE(bar.holds(std::nan("")));
  EXPECT_TRUE(parse_expectation("loss<1e-3").holds(0.0009));
  for (const char* wrong :
       {"", "accuracy", ">=1", "a>=", "a>=x", "a>=1x", "a=>1", "a=1", "a>=nan"}) {
    EXPECT_THROW(parse_expectation(wrong), Error) << wrong;
  }
}

TEST(Expect, SpreadIsMeanAndSampleDeviation) {
  const auto all = spreads({{{"a", 1}, {"b", 5}}, {{"a", 2}, {"b", 5}}, {{"a", 6}, {"b", 5}}});
  EXPECT_EQ(all[0].mean(), 3);
  EXPECT_NEAR(all[0].deviation(), 2.6457513110645906, 1e-12);  // sqrt((4 + 1 + 9) / 2)
  EXPECT_EQ(all[1].deviation(), 0);
  EXPECT_THROW(spreads({{{"a", 1}}, {{"b", 1}}}), Error);
}

TEST(Expect, TheMeanIsJudged) {
  base::Run run;
  const auto measured = spreads({{{"a", 0.9}}, {{"a", 1.0}}});
  EXPECT_TRUE(judge({parse_expectation("a>=0.95")}, measured, run));
  EXPECT_FALSE(judge({parse_expectation("a>=0.96")}, measured, run));
  EXPECT_FALSE(judge({parse_expectation("a>=0.95"), parse_expectation("a<0.9")}, measured, run));
  EXPECT_TRUE(
      judge({parse_expectation("a_max>=1"), parse_expectation("a_min<=0.9")}, measured, run));
  EXPECT_FALSE(judge({parse_expectation("a_min>=0.95")}, measured, run));
  EXPECT_THROW(judge({parse_expectation("b>=0")}, measured, run), Error);
}

TEST(Expect, TheMedianIsJudged) {
  base::Run run;
  const auto measured = spreads({{{"a", 9}}, {{"a", 1}}, {{"a", 2}}});
  EXPECT_TRUE(judge({parse_expectation("a_median==2")}, measured, run));
  EXPECT_FALSE(judge({parse_expectation("a_median>2")}, measured, run));
}

TEST(Expect, ASeedWithoutANumberMissesEveryBar) {
  base::Run run;
  const auto measured = spreads({{{"a", 0.95}}, {{"a", std::nan("")}}, {{"a", 0.96}}});
  for (const char* bar : {"a>=0", "a<=1", "a_min>=0", "a_max<=1", "a_median>=0", "a_median<=1"}) {
    EXPECT_FALSE(judge({parse_expectation(bar)}, measured, run)) << bar;
  }
}

}  // namespace
