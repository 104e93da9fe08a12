// What the progress line says.
#include "common/base/progress.h"

#include <gtest/gtest.h>

namespace {
using common::base::human_seconds;
using common::base::Progress;

TEST(Progress, SecondsReadAsAClock) {
  EXPECT_EQ(human_seconds(3.21), "3.2 s");
  EXPECT_EQ(human_seconds(75), "1:15");
  EXPECT_EQ(human_seconds(4000), "1:06:40");
  EXPECT_EQ(human_seconds(1e18), "?");
}

TEST(Progress, TheLineHasShareRateAndTimeLeft) {
  std::FILE* const out = std::tmpfile();
  const Progress progress("training", 200, "epochs", /*start=*/100, out);
  // 50 of the 100 that were left, in 10 s: 5 a second, 10 s to go.
  EXPECT_EQ(progress.line(150, 10, "loss 1"),
            "training  75 % 150/200 epochs, 5/s, 10.0 s left, loss 1");
  std::fclose(out);
}

TEST(Progress, QuickWorkPrintsNothing) {
  std::FILE* const out = std::tmpfile();
  {
    Progress progress("training", 10, "epochs", 0, out);
    for (int i = 1; i <= 10; ++i) progress.update(i);
  }
  EXPECT_EQ(std::ftell(out), 0);
  std::fclose(out);
}

}  // namespace
