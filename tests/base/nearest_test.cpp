// The name that was probably meant.
#include "common/base/nearest.h"

#include <gtest/gtest.h>

namespace {
using common::base::nearest;

TEST(Nearest, TyposFindTheirName) {
  const std::vector<std::string> names = {"epochs", "batch-size", "lr", "hidden"};
  EXPECT_EQ(nearest("epoch", names), "epochs");
  EXPECT_EQ(nearest("batchsize", names), "batch-size");
  EXPECT_EQ(nearest("hiddne", names), "hidden");  // a swap is one edit
  EXPECT_EQ(nearest("batch", names), "batch-size");
}

TEST(Nearest, WhatResemblesNothingFindsNothing) {
  EXPECT_EQ(nearest("zebra", {"epochs", "lr"}), "");
  EXPECT_EQ(nearest("x", {}), "");
  EXPECT_EQ(nearest(std::string(100'000, 'x'), {"x"}), "");
}

}  // namespace
