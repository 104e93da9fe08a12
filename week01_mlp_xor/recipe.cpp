#include "week01_mlp_xor/recipe.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "common/base/error.h"
#include "common/base/settings.h"
#include "week01_mlp_xor/own_data.h"

namespace week01 {
using common::base::Json;
using common::base::require;
using common::base::Settings;
namespace {

constexpr double kLargest = 1e6;  // coordinate of a point
constexpr std::array kChangeable = {"lr", "l2", "batch-size", "optimizer"};

// The settings of the page have the names of the terminal's, and narrower ranges.
void describe_page(Settings& s, Recipe& r) {
  Config& c = r.config;
  s.add("data", &c.data, "").one_of({"xor", "circles", "spirals", "own"});
  s.add("points", &c.points, "").range(10, 1000);
  s.add("noise", &c.noise, "").range(0, 0.5);
  s.add("validation", &c.validation, "").range(0, 0.5);
  s.add("hidden", &c.hidden, "").range(1, 8).count(0, 6);
  s.add("activation", &c.activation, "").one_of(activation_names());
  s.add("init", &c.init, "").one_of(init_names());
  s.add("optimizer", &c.optimizer, "").one_of(rule_names());
  s.add("lr", &c.lr, "").range(0, 10);
  s.add("batch-size", &c.batch_size, "").range(0, 1000);
  s.add("l2", &c.l2, "").range(0, 1);
  s.add("seed", &r.seed, "").range(0, 2147483647);
  s.add("until", &r.until, "").range(0, static_cast<double>(Recipe::kMostSteps));
}

bool is_coordinate(const Json& value) {
  return value.is_number() && std::abs(value.get<double>()) <= kLargest;
}

std::vector<OwnPoint> read_points(const Json& list) {
  require(list.is_array() && list.size() <= Recipe::kMostPoints,
          "own: wanted a list of at most " + std::to_string(Recipe::kMostPoints) + " points");
  std::vector<OwnPoint> points;
  for (const Json& item : list) {
    require(item.is_array() && item.size() == 3 && is_coordinate(item[0]) &&
                is_coordinate(item[1]) && item[2].is_number_integer() &&
                (item[2] == 0 || item[2] == 1),
            "own: each point is [x, y, class], coordinates within a million, class 0 or 1");
    points.push_back({item[0].get<double>(), item[1].get<double>(), item[2].get<std::int64_t>()});
  }
  return points;
}

NetworkFile read_start(const Json& json) {
  NetworkFile start = network_from_json(json, "the network");
  const auto& sizes = start.sizes;
  require(sizes.front() == 2 && sizes.back() == 1 && sizes.size() <= 8 &&
              start.output == Output::kSigmoid,
          "the network: this page shows networks of 2 inputs, up to 6 hidden layers, and 1 "
          "sigmoid output");
  require(*std::max_element(sizes.begin(), sizes.end()) <= 8,
          "the network: this page shows up to 8 units in a layer");
  for (const auto* numbers : {&start.parameters, &start.scaling.mean, &start.scaling.scale}) {
    for (const double v : *numbers) {
      require(std::abs(v) <= 1e9, "the network: holds a number larger than a thousand million");
    }
  }
  return start;
}

std::vector<Change> read_changes(const Json& list, Config config) {
  require(list.is_array() && list.size() <= Recipe::kMostChanges,
          "changes: wanted a list of at most " + std::to_string(Recipe::kMostChanges));
  std::vector<Change> changes;
  for (const Json& item : list) {
    require(
        item.is_array() && item.size() == 3 && item[0].is_number_integer() && item[1].is_string(),
        "changes: each is [step, name, value]");
    const double step = item[0].get<double>();
    require(step >= (changes.empty() ? 0 : static_cast<double>(changes.back().step)) &&
                step <= static_cast<double>(Recipe::kMostSteps),
            "changes: steps must not fall, nor exceed ten million");
    changes.push_back({item[0].get<std::int64_t>(), item[1].get<std::string>(), item[2]});
    apply_change(config, changes.back().name, changes.back().value);
  }
  return changes;
}

}  // namespace

Recipe::Recipe() {
  config.activation = "gelu";
  config.epochs = kMostSteps;  // the page has no last epoch
  config.points = 200;
}

void apply_change(Config& config, const std::string& name, const Json& value) {
  require(std::find(kChangeable.begin(), kChangeable.end(), name) != kChangeable.end(),
          "change: \"" + name.substr(0, 60) +
              "\" cannot change while the network trains; lr, l2, batch-size and optimizer can");
  Recipe scratch;
  scratch.config = config;
  Settings settings;
  describe_page(settings, scratch);
  settings.find(name, "change").set(value, "change: " + name);
  config = scratch.config;
}

Recipe recipe_from_json(const Json& json) {
  require(json.is_object(), "the recipe must be an object");
  Recipe recipe;
  Settings settings;
  describe_page(settings, recipe);
  Json rest = json;
  for (const char* key : {"own", "start", "changes"}) rest.erase(key);
  settings.apply(rest, "recipe");
  const auto given = [&](const char* key) { return json.contains(key) && !json[key].is_null(); };
  if (given("own")) recipe.own = read_points(json["own"]);
  if (given("start")) {
    recipe.start = read_start(json["start"]);
    const auto& sizes = recipe.start->sizes;
    recipe.config.hidden.assign(sizes.begin() + 1, sizes.end() - 1);
    recipe.config.activation =
        activation_names()[static_cast<std::size_t>(recipe.start->activation)];
  }
  if (given("changes")) recipe.changes = read_changes(json["changes"], recipe.config);
  return recipe;
}

Json to_json(const Recipe& recipe) {
  Recipe copy = recipe;
  Settings settings;
  describe_page(settings, copy);
  Json json = settings.to_json();
  Json own = Json::array(), changes = Json::array();
  for (const auto& p : recipe.own) own.push_back({p.x, p.y, p.label});
  for (const auto& c : recipe.changes) changes.push_back({c.step, c.name, c.value});
  json["own"] = own;
  json["start"] = recipe.start ? to_json(*recipe.start) : Json();
  json["changes"] = changes;
  return json;
}

Json points_from_csv(const std::string& csv) {
  common::data::CsvOptions limits;
  limits.max_columns = 3;
  limits.max_rows = static_cast<std::int64_t>(Recipe::kMostPoints) + 1;  // and a row of names
  limits.max_fields = 4 * limits.max_rows;
  const auto table = read_own_data(csv, "the file", limits);
  require(table.columns == 2, "the file: wanted three columns (x, y, class), found " +
                                  std::to_string(table.columns + 1));
  require(table.rows <= static_cast<std::int64_t>(Recipe::kMostPoints),
          "the file has more than " + std::to_string(Recipe::kMostPoints) + " points");
  require(table.classes.size() <= 2,
          "the file has " + std::to_string(table.classes.size()) + " classes, this page shows two");
  Json points = Json::array(), classes = table.classes;
  for (std::size_t i = 0; i < table.label.size(); ++i) {
    points.push_back({table.x[2 * i], table.x[2 * i + 1], table.label[i]});
  }
  read_points(points);  // the same limits
  if (classes.size() == 1) classes.push_back("");
  return {{"points", points}, {"classes", classes}};
}

}  // namespace week01
