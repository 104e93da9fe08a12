// Settings from JSON and from text.
#include "common/base/settings.h"

#include <gtest/gtest.h>

#include "common/base/error.h"
#include "tests/temporary_folder.h"

namespace {
using common::base::Error;
using common::base::Json;
using common::base::Settings;
using tests::message_of;

struct Values {
  bool flag = false;
  int64_t epochs = 10;
  double lr = 0.1;
  std::string kind = "adam";
  std::vector<int64_t> hidden = {4};
};

Settings settings_of(Values& v) {
  Settings settings;
  settings.add("flag", &v.flag, "a switch");
  settings.add("epochs", &v.epochs, "passes").range(1, 1000);
  settings.add("lr", &v.lr, "step size").range(0, 1);
  settings.add("kind", &v.kind, "rule").one_of({"sgd", "adam"});
  settings.add("hidden-units", &v.hidden, "units").range(1, 64).count(0, 3);
  return settings;
}

TEST(Settings, JsonSetsEveryType) {
  Values v;
  Settings settings = settings_of(v);
  settings.apply(Json::parse(R"({"flag": true, "epochs": 7, "lr": 1, "kind": "sgd",
                                 "hidden_units": [8, 8]})"),
                 "file");
  EXPECT_TRUE(v.flag);
  EXPECT_EQ(v.epochs, 7);
  EXPECT_EQ(v.lr, 1.0);
  EXPECT_EQ(v.kind, "sgd");
  EXPECT_EQ(v.hidden, (std::vector<int64_t>{8, 8}));
  EXPECT_EQ(settings.to_json().dump(),
            R"({"flag":true,"epochs":7,"lr":1.0,"kind":"sgd","hidden-units":[8,8]})");
}

TEST(Settings, APathIsTheSameFromEveryFolder) {
  std::string file;
  Settings settings;
  const auto& setting = settings.add("file", &file, "a file").path();
  setting.set_text("a/b.csv", "--file");
  EXPECT_EQ(file, (std::filesystem::current_path() / "a/b.csv").string());
  setting.set_text("/c.csv", "--file");
  EXPECT_EQ(file, "/c.csv");
  setting.set_text("", "--file");
  EXPECT_EQ(file, "");
}

TEST(Settings, TextSetsEveryType) {
  Values v;
  Settings settings = settings_of(v);
  settings.find("flag", "").set_text("true", "--flag");
  settings.find("epochs", "").set_text("12", "--epochs");
  settings.find("lr", "").set_text("1e-3", "--lr");
  settings.find("hidden-units", "").set_text("3, 2,1", "--hidden-units");
  EXPECT_TRUE(v.flag);
  EXPECT_EQ(v.epochs, 12);
  EXPECT_EQ(v.lr, 1e-3);
  EXPECT_EQ(v.hidden, (std::vector<int64_t>{3, 2, 1}));
  settings.find("hidden-units", "").set_text("", "--hidden-units");
  EXPECT_TRUE(v.hidden.empty());
}

TEST(Settings, WrongValuesAreRefusedAndChangeNothing) {
  Values v;
  Settings settings = settings_of(v);
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"flag", "1"},
      {"flag", "\"yes\""},
      {"epochs", "0"},
      {"epochs", "1001"},
      {"epochs", "2.5"},
      {"epochs", "\"3\""},
      {"epochs", "1e3"},
      {"epochs", "99999999999999999999"},
      {"lr", "-0.1"},
      {"lr", "1.5"},
      {"lr", "null"},
      {"lr", "\"0.1\""},
      {"kind", "\"Adam\""},
      {"kind", "3"},
      {"hidden-units", "4"},
      {"hidden-units", "[0]"},
      {"hidden-units", "[1,1,1,1]"},
      {"hidden-units", "[1.5]"},
      {"hidden-units", "[\"1\"]"}};
  for (const auto& [name, value] : wrong) {
    const Json json = {{name, Json::parse(value)}};
    EXPECT_THROW(settings.apply(json, "file"), Error) << name << " = " << value;
  }
  for (const auto& [name, text] :
       std::vector<std::pair<std::string, std::string>>{{"lr", "nan"},
                                                        {"lr", "inf"},
                                                        {"lr", "0.1x"},
                                                        {"lr", ""},
                                                        {"epochs", "ten"},
                                                        {"epochs", "1 "},
                                                        {"flag", "on"},
                                                        {"hidden-units", "4,,4"},
                                                        {"hidden-units", "4;4"},
                                                        {"hidden-units", "8 8"},
                                                        {"hidden-units", "1[6"}}) {
    EXPECT_THROW(settings.find(name, "").set_text(text, "--" + name), Error) << name << " " << text;
  }
  EXPECT_EQ(settings.to_json().dump(), settings_of(v).to_json().dump());
  EXPECT_EQ(v.epochs, 10);
  EXPECT_EQ(v.hidden, (std::vector<int64_t>{4}));
}

TEST(Settings, MessagesSayWhatWasWantedFoundAndNear) {
  Values v;
  Settings settings = settings_of(v);
  const auto text = message_of<Error>([&] { settings.find("lr", "").set_text("fast", "--lr"); });
  EXPECT_EQ(text, "--lr: wanted a number from 0 to 1, found \"fast\"");
  const auto word = message_of<Error>([&] { settings.apply({{"kind", "adm"}}, "x.json"); });
  EXPECT_EQ(word, "x.json: kind: wanted one of sgd, adam, found \"adm\"; did you mean adam?");
  const auto key = message_of<Error>([&] { settings.apply({{"epoch", 3}}, "x.json"); });
  EXPECT_EQ(key, "x.json: there is no setting \"epoch\"; did you mean epochs?");
  EXPECT_THROW(settings.apply(Json::array(), "x.json"), Error);
}

}  // namespace
