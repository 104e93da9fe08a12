// JSON from outside.
#include "common/base/json.h"

#include <gtest/gtest.h>

#include "common/base/error.h"
#include "tests/temporary_folder.h"

namespace {
using common::base::Error;
using common::base::Json;
using common::base::parse_json;
using tests::message_of;

TEST(Json, FaultsAreToldWithNameAndPlace) {
  const auto what = message_of<Error>([] { parse_json("{\"a\": }", "x.json"); });
  EXPECT_NE(what.find("x.json is not valid JSON"), std::string::npos) << what;
  EXPECT_NE(what.find("column"), std::string::npos) << what;
}

TEST(Json, NamesFromOutsideThatCanBeWrittenAsTheyAre) {
  using common::base::is_plain_text;
  for (const char* plain : {"", "a b", "caf\xC3\xA9"}) EXPECT_TRUE(is_plain_text(plain)) << plain;
  for (const char* odd : {"caf\xE9", "a\nb", "\x1B[2J", "\x7F"}) EXPECT_FALSE(is_plain_text(odd));
  EXPECT_EQ(common::base::line_of({"caf\xE9", 1}), "[\"caf\xEF\xBF\xBD\",1]");
}

TEST(Json, DeepNestingIsRefused) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_NO_THROW(parse_json(nested(60), "x"));
  EXPECT_THROW(parse_json(nested(70), "x"), Error);
  EXPECT_THROW(parse_json(nested(1'000'000), "x"), Error);
}

TEST(Json, ARepeatedKeyIsRefused) {
  EXPECT_THROW(parse_json(R"({"a": 1, "b": {"a": 2}, "a": 3})", "x"), Error);
  EXPECT_NO_THROW(parse_json(R"({"a": 1, "b": {"a": 2}})", "x"));
}

TEST(Json, ANumberTooLargeIsToldInOneLine) {
  const auto what = message_of<Error>([] { parse_json(std::string(60'000, '9'), "x"); });
  EXPECT_NE(what.find("x is not valid JSON: number overflow"), std::string::npos) << what;
  EXPECT_LT(what.size(), 300u);
}

TEST(Json, MoreKeysThanAllowedAreRefused) {
  EXPECT_NO_THROW(parse_json(R"({"a": {"c": 1, "d": 2}, "b": 1})", "x", 2));
  EXPECT_THROW(parse_json(R"({"a": 1, "b": {"c": 1, "d": 2, "e": 3}})", "x", 2), Error);
}

TEST(Json, WrittenFilesKeepOrderAndNumbers) {
  const tests::TemporaryFolder folder;
  const Json value = {{"z", 0.1}, {"a", 1e-300}, {"m", INT64_MAX}};
  common::base::write_json(folder / "x.json", value);
  const Json read = common::base::read_json(folder / "x.json");
  EXPECT_EQ(read.dump(), value.dump());
  EXPECT_EQ(read.begin().key(), "z");
}

// In time that grows with its square this would end in the test's time limit.
TEST(Json, AMegabyteOfEmptyObjectsIsReadInTimeThatGrowsWithItsLength) {
  std::string text = "[{}";
  for (int i = 0; i < 300'000; ++i) text += ",{}";
  EXPECT_EQ(parse_json(text + "]", "flood").size(), 300'001u);
}

}  // namespace
