// What comes in through the page or a network file: read back equal, or refused with a reason.
#include "week01_mlp_xor/recipe.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "common/base/error.h"
#include "common/base/presets.h"
#include "tests/temporary_folder.h"

namespace {
using namespace week01;
using common::base::Error;
using common::base::Json;
using tests::message_of;

constexpr double kInfinite = std::numeric_limits<double>::infinity();

std::string refused_recipe(const std::string& text) {
  return message_of<Error>([&] { recipe_from_json(common::base::parse_json(text, "recipe")); });
}

// The order of the keys does not count.
nlohmann::json unordered(const Json& json) { return nlohmann::json::parse(json.dump()); }

void expect_says(const std::string& message, const std::string& part) {
  EXPECT_NE(message.find(part), std::string::npos) << message << "\nlacks: " << part;
}

NetworkFile small_network() {
  NetworkFile network;
  network.sizes = {2, 3, 1};
  network.activation = Activation::kRelu;
  network.scaling = {{0.5, -2}, {1.25, 1.0 / 3}};
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  for (int i = 0; i < 13; ++i) network.parameters.push_back(normal(random));
  return network;
}

TEST(NetworkFile, ComesBackToTheBit) {
  const NetworkFile network = small_network();
  const NetworkFile back = network_from_json(Json::parse(to_json(network).dump()), "network.json");
  EXPECT_EQ(back.sizes, network.sizes);
  EXPECT_EQ(back.activation, network.activation);
  EXPECT_EQ(back.output, network.output);
  EXPECT_EQ(back.parameters, network.parameters);
  EXPECT_EQ(back.scaling.mean, network.scaling.mean);
  EXPECT_EQ(back.scaling.scale, network.scaling.scale);
}

TEST(NetworkFile, LayersStandInTheOrderOfTheParameters) {
  const NetworkFile network = small_network();
  const Json json = to_json(network);
  EXPECT_EQ(json["layers"][0]["w"][1][2], network.parameters[5]);
  EXPECT_EQ(json["layers"][0]["b"][0], network.parameters[6]);
  EXPECT_EQ(json["layers"][1]["w"][0][0], network.parameters[9]);
  EXPECT_EQ(json["layers"][1]["b"][0], network.parameters[12]);
}

TEST(NetworkFile, ForeignAndDamagedFilesAreRefusedByName) {
  const auto refused = [](const std::function<void(Json&)>& damage) {
    Json json = to_json(small_network());
    damage(json);
    return message_of<Error>([&] { network_from_json(json, "network.json"); });
  };
  expect_says(refused([](Json& j) { j = Json::array(); }), "network.json is no network");
  expect_says(refused([](Json& j) { j["format"] = "onnx"; }), "is no network");
  expect_says(refused([](Json& j) { j["version"] = 2; }), "another version");
  expect_says(refused([](Json& j) { j.erase("sizes"); }), "lacks \"sizes\"");
  expect_says(refused([](Json& j) { j["sizes"] = {2, -3, 1}; }), "whole numbers from 1");
  expect_says(refused([](Json& j) { j["sizes"] = {2, 1e300, 1}; }), "whole numbers from 1");
  expect_says(refused([](Json& j) { j["sizes"] = {8192, 8192, 1}; }), "20 million");
  expect_says(refused([](Json& j) { j["sizes"] = {2, 4, 1}; }), "list of 4 numbers");
  expect_says(refused([](Json& j) { j["activation"] = "swish"; }), "no \"swish\"");
  expect_says(refused([](Json& j) { j["activation"] = 3; }), "must be a word");
  expect_says(refused([](Json& j) { j["layers"].erase(1); }), "must hold 2 layers");
  expect_says(refused([](Json& j) { j["layers"][0] = 1; }), "wanted an object");
  expect_says(refused([](Json& j) { j["layers"][0]["w"].erase(0); }), "must have 2 rows");
  expect_says(refused([](Json& j) { j["layers"][1]["b"] = {nullptr}; }), "no finite number");
  expect_says(refused([](Json& j) { j["layers"][1]["b"] = {kInfinite}; }), "no finite number");
  expect_says(refused([](Json& j) { j["input_mean"] = {1}; }), "list of 2 numbers");
}

TEST(Recipe, AnEmptyOneIsTheXorPreset) {
  const Json json = to_json(recipe_from_json(Json::object()));
  const Json preset = common::base::read_preset("week01_mlp_xor", "xor").settings;
  for (const char* name : {"data", "hidden", "activation", "optimizer", "lr"}) {
    EXPECT_EQ(unordered(json[name]), unordered(preset[name])) << name;
  }
  EXPECT_EQ(json["start"], nullptr);
}

TEST(Recipe, ComesBackEqual) {
  Json given = Json::parse(R"({"data": "own", "points": 100, "noise": 0.25, "validation": 0.5,
      "hidden": [8, 8, 8, 8, 8, 8], "activation": "relu", "init": "he", "optimizer": "sgd",
      "lr": 0.3, "batch-size": 7, "l2": 0.001, "seed": 2147483647, "until": 1234,
      "own": [[0.1, -1e6, 1], [1, 0.5, 0]], "changes": [[0, "lr", 0.1], [9, "optimizer", "adam"]]})");
  given["start"] = nullptr;
  EXPECT_EQ(unordered(to_json(recipe_from_json(given))), unordered(given));
  given["hidden"] = {3};
  given["start"] = to_json(small_network());
  EXPECT_EQ(unordered(to_json(recipe_from_json(given))), unordered(given));
}

TEST(Recipe, AStartBringsItsLayersAndActivation) {
  Json given = {{"hidden", {8, 8}}, {"activation", "tanh"}, {"start", to_json(small_network())}};
  const Recipe recipe = recipe_from_json(given);
  EXPECT_EQ(recipe.config.hidden, std::vector<int64_t>{3});
  EXPECT_EQ(recipe.config.activation, "relu");
}

TEST(Recipe, WhatIsOutOfRangeIsRefusedWithAReason) {
  expect_says(refused_recipe("[]"), "must be an object");
  expect_says(refused_recipe(R"({"hiden": [3]})"), "did you mean hidden?");
  expect_says(refused_recipe(R"({"hidden": [9]})"), "from 1 to 8");
  expect_says(refused_recipe(R"({"hidden": [1,1,1,1,1,1,1]})"), "0 to 6");
  expect_says(refused_recipe(R"({"data": "mnist"})"), "one of xor");
  expect_says(refused_recipe(R"({"points": 100000})"), "from 10 to 1000");
  expect_says(refused_recipe(R"({"lr": "fast"})"), "number");
  expect_says(refused_recipe(R"({"lr": 1e400})"), "overflow");
  expect_says(refused_recipe(R"({"until": 1e12})"), "from 0 to");
  expect_says(refused_recipe(R"({"seed": -1})"), "from 0 to");
  expect_says(refused_recipe(R"({"own": [[0, 0, 2]]})"), "class 0 or 1");
  expect_says(refused_recipe(R"({"own": [[0, 1e7, 1]]})"), "within a million");
  expect_says(refused_recipe(R"({"own": {"x": 1}})"), "wanted a list");
  expect_says(refused_recipe(R"({"changes": [[5, "lr", 1], [4, "lr", 1]]})"), "must not fall");
  expect_says(refused_recipe(R"({"changes": [[1, "hidden", [2]]]})"), "cannot change while");
  expect_says(refused_recipe(R"({"changes": [[1, "lr", 11]]})"), "from 0 to 10");
  Json many = Json::array();
  for (int i = 0; i < 2001; ++i) many.push_back({0, 0, 1});
  expect_says(message_of<Error>([&] { recipe_from_json({{"own", many}}); }), "at most 2000");
}

TEST(Recipe, AStartThatThePageCannotShowIsRefused) {
  const auto refused = [](const std::function<void(NetworkFile&)>& alter) {
    NetworkFile network = small_network();
    alter(network);
    return message_of<Error>([&] { recipe_from_json({{"start", to_json(network)}}); });
  };
  expect_says(refused([](NetworkFile& n) { n.output = Output::kLinear; }), "sigmoid output");
  expect_says(refused([](NetworkFile& n) {
                n.sizes = {2, 9, 1};
                n.parameters.resize(37);
              }),
              "up to 8 units");
  expect_says(refused([](NetworkFile& n) {
                n.sizes = {3, 1};
                n.parameters.resize(4);
                n.scaling = {};
              }),
              "2 inputs");
  expect_says(refused([](NetworkFile& n) { n.parameters[0] = 1e300; }), "thousand million");
}

TEST(PointsFromCsv, ReadsNamesAndOrdersClasses) {
  const Json read = points_from_csv("x,y,kind\n1,2,b\n3,4,a\n");
  EXPECT_EQ(read["points"], Json::parse("[[1.0,2.0,1],[3.0,4.0,0]]"));
  EXPECT_EQ(read["classes"], Json::parse(R"(["a","b"])"));
  EXPECT_EQ(points_from_csv("0,1,1\n")["points"], Json::parse("[[0.0,1.0,1]]"));
  EXPECT_EQ(points_from_csv("\t1,\t2,a\n\t3,4,b\n")["points"].size(), 2u);
  EXPECT_EQ(points_from_csv(" 0, 1,10\n1,0,9\n")["classes"], Json::parse(R"(["9","10"])"));
}

TEST(PointsFromCsv, RefusesWhatThePageCannotShow) {
  const auto refused = [](const std::string& csv) {
    return message_of<Error>([&] { points_from_csv(csv); });
  };
  expect_says(refused(""), "no rows");
  expect_says(refused("1,2\n"), "wanted three columns");
  expect_says(refused("1,2,3,4\n"), "columns");
  expect_says(refused("1,2,a\n1,2,b\n1,2,c\n"), "3 classes");
  expect_says(refused("1,2,a\nnan,2,b\n"), "wanted a number");
  expect_says(refused("1,2e9,a\n"), "within a million");
  expect_says(refused(",,a\n3,4,b\n"), "wanted a number");
  std::string many;
  for (int i = 0; i < 2001; ++i) many += "1,2,a\n";
  expect_says(refused(many), "2000");
  expect_says(refused(many + "1,2,a\n"), "2001 rows");
}

}  // namespace
