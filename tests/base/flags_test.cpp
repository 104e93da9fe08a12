// The command line of a week.
#include "common/base/flags.h"

#include <gtest/gtest.h>

#include "common/base/error.h"
#include "tests/temporary_folder.h"

namespace {
using common::base::Error;
using common::base::FlagContext;
using common::base::Flags;
using common::base::parse_flags;
using common::base::Settings;
using tests::message_of;

Flags parse(std::vector<std::string> arguments) {
  static double lr = 0.1;
  static bool shuffle = true;
  static std::vector<int64_t> hidden = {4};
  Settings settings;
  settings.add("lr", &lr, "step size").range(0, 1);
  settings.add("shuffle", &shuffle, "whether to shuffle");
  settings.add("hidden", &hidden, "units");
  return parse_flags({"week00", "train", "about", "xor", {"xor", "iris"}}, settings,
                     std::move(arguments));
}

TEST(Flags, SharedAndOwnFlagsAreRead) {
  const Flags flags = parse({"--preset", "iris", "--lr", "-1", "--seeds", "5", "--shuffle",
                             "--hidden", "8,8", "--expect", "a>=1", "--expect", "b<2", "--out=x"});
  EXPECT_EQ(flags.preset, "iris");
  EXPECT_EQ(flags.seeds, 5);
  EXPECT_EQ(flags.out, "x");
  EXPECT_EQ(flags.expect, (std::vector<std::string>{"a>=1", "b<2"}));
  EXPECT_EQ(flags.settings.at("lr"), "-1");  // the range is checked when it is set
  EXPECT_EQ(flags.settings.at("shuffle"), "true");
  EXPECT_EQ(flags.settings.at("hidden"), "8,8");
}

TEST(Flags, RanksAreForWeeksThatTrainOnThem) {
  EXPECT_THROW(parse({"--nproc", "2"}), Error);
  FlagContext context{"week09", "train", "about", "tiny", {"tiny"}};
  context.trains_on_ranks = true;
  const Flags flags = parse_flags(context, Settings(), {"--nproc", "2", "--restarts", "3"});
  EXPECT_EQ(flags.nproc, 2);
  EXPECT_EQ(flags.restarts, 3);
  EXPECT_EQ(parse_flags(context, Settings(), {"--resume", "d", "--nproc", "2"}).nproc, 2);
  EXPECT_THROW(parse_flags(context, Settings(), {"--nproc", "0"}), Error);
}

TEST(Flags, ASwitchTakesAValueToo) {
  EXPECT_EQ(parse({"--shuffle", "false"}).settings.at("shuffle"), "false");
  EXPECT_EQ(parse({"--shuffle=false"}).settings.at("shuffle"), "false");
  EXPECT_EQ(parse({"--shuffle", "--lr", "1"}).settings.at("shuffle"), "true");
  EXPECT_EQ(parse({}).settings.count("shuffle"), 0u);
}

TEST(Flags, UnknownFlagsNameTheNearest) {
  const auto what = message_of<Error>([] { parse({"--lrr", "1"}); });
  EXPECT_EQ(what, "week00 train has no flag --lrr; did you mean --lr? (--help lists them)");
  EXPECT_THROW(parse({"something"}), Error);
  EXPECT_THROW(parse({"-x"}), Error);
}

TEST(Flags, ValuesThatAreMissingOrWrongAreRefused) {
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{"--lr"},
                                             {"--seed", "x"},
                                             {"--seed", "-1"},
                                             {"--seeds", "0"},
                                             {"--threads", "0"},
                                             {"--seed", "1", "--seeds", "2"},
                                             {"--resume", "d", "--lr", "1"},
                                             {"--resume", "d", "--seed", "1"},
                                             {"--lr", "1", "--lr", "2"},
                                             {"--seed", ""},
                                             {"--resume", "d", "--device", "cpu"}}) {
    EXPECT_THROW(parse(arguments), Error) << arguments[0];
  }
}

}  // namespace
