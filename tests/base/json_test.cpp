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

TEST(Json, WrittenFilesKeepOrderAndNumbers) {
  const tests::TemporaryFolder folder;
  const Json value = {{"z", 0.1}, {"a", 1e-300}, {"m", INT64_MAX}};
  common::base::write_json(folder / "x.json", value);
  const Json read = common::base::read_json(folder / "x.json");
  EXPECT_EQ(read.dump(), value.dump());
  EXPECT_EQ(read.begin().key(), "z");
}

}  // namespace
