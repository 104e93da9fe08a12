#include "week01_mlp_xor/network_file.h"

#include <cmath>

#include "common/base/error.h"

namespace week01 {
using common::base::Error;
using common::base::Json;
using common::base::require;
namespace {

constexpr const char* kFormat = "week01-network";
constexpr std::int64_t kMostLayers = 17, kMostUnits = 8192, kMostParameters = 20'000'000;

// A field that must be there.
const Json& field(const Json& object, const char* key, const std::string& name) {
  require(object.is_object(), name + ": wanted an object with \"" + key + "\"");
  const auto at = object.find(key);
  require(at != object.end(), name + " lacks \"" + key + "\"");
  return *at;
}

std::string word(const Json& object, const char* key, const std::string& name) {
  const Json& value = field(object, key, name);
  require(value.is_string(), name + ": \"" + key + "\" must be a word");
  return value.get<std::string>();
}

// Adds `count` finite numbers to `out`.
void read_numbers(const Json& value, std::size_t count, const std::string& what,
                  std::vector<double>& out) {
  require(value.is_array() && value.size() == count,
          what + " must be a list of " + std::to_string(count) + " numbers");
  for (const Json& item : value) {
    require(item.is_number() && std::isfinite(item.get<double>()),
            what + " holds something that is no finite number");
    out.push_back(item.get<double>());
  }
}

std::vector<std::int64_t> read_sizes(const Json& value, const std::string& name) {
  const std::string what = name + ": \"sizes\"";
  require(value.is_array() && value.size() >= 2 && value.size() <= kMostLayers + 1,
          what + " must be a list of 2 to " + std::to_string(kMostLayers + 1) + " numbers");
  std::vector<std::int64_t> sizes;
  std::int64_t parameters = 0;
  for (const Json& item : value) {
    require(item.is_number_integer() && item.get<double>() >= 1 && item.get<double>() <= kMostUnits,
            what + " must hold whole numbers from 1 to " + std::to_string(kMostUnits));
    if (!sizes.empty()) parameters += (sizes.back() + 1) * item.get<std::int64_t>();
    sizes.push_back(item.get<std::int64_t>());
  }
  require(parameters <= kMostParameters, what + " make more than 20 million parameters");
  return sizes;
}

void read_layer(const Json& layer, std::int64_t in, std::int64_t out, const std::string& name,
                std::vector<double>& parameters) {
  const Json& w = field(layer, "w", name);
  require(w.is_array() && w.size() == static_cast<std::size_t>(in),
          name + ": \"w\" must have " + std::to_string(in) + " rows");
  for (const Json& row : w) {
    read_numbers(row, static_cast<std::size_t>(out), name + ": each row of \"w\"", parameters);
  }
  read_numbers(field(layer, "b", name), static_cast<std::size_t>(out), name + ": \"b\"",
               parameters);
}

}  // namespace

Json to_json(const NetworkFile& network) {
  Json layers = Json::array();
  const double* next = network.parameters.data();
  for (std::size_t l = 0; l + 1 < network.sizes.size(); ++l) {
    const std::int64_t in = network.sizes[l], out = network.sizes[l + 1];
    Json w = Json::array();
    for (std::int64_t row = 0; row < in; ++row, next += out) {
      w.push_back(std::vector<double>(next, next + out));
    }
    layers.push_back({{"w", w}, {"b", std::vector<double>(next, next + out)}});
    next += out;
  }
  const auto inputs = static_cast<std::size_t>(network.sizes.front());
  const Scaling& s = network.scaling;
  return {{"format", kFormat},
          {"version", 1},
          {"sizes", network.sizes},
          {"activation", activation_names()[static_cast<std::size_t>(network.activation)]},
          {"output", output_names()[static_cast<std::size_t>(network.output)]},
          {"input_mean", s.mean.empty() ? std::vector<double>(inputs, 0) : s.mean},
          {"input_scale", s.scale.empty() ? std::vector<double>(inputs, 1) : s.scale},
          {"layers", layers}};
}

NetworkFile network_from_json(const Json& json, const std::string& name) {
  require(
      json.is_object() && json.value("format", Json()) == kFormat,
      name + " is no network of this week: wanted an object with \"format\": \"" + kFormat + "\"");
  require(field(json, "version", name) == 1, name + " is of another version than 1");
  NetworkFile network;
  network.sizes = read_sizes(field(json, "sizes", name), name);
  network.activation = activation_named(word(json, "activation", name));
  network.output = output_named(word(json, "output", name));
  const auto inputs = static_cast<std::size_t>(network.sizes.front());
  read_numbers(field(json, "input_mean", name), inputs, name + ": \"input_mean\"",
               network.scaling.mean);
  read_numbers(field(json, "input_scale", name), inputs, name + ": \"input_scale\"",
               network.scaling.scale);
  const Json& layers = field(json, "layers", name);
  require(layers.is_array() && layers.size() + 1 == network.sizes.size(),
          name + ": \"layers\" must hold " + std::to_string(network.sizes.size() - 1) + " layers");
  for (std::size_t l = 0; l < layers.size(); ++l) {
    read_layer(layers[l], network.sizes[l], network.sizes[l + 1],
               name + ": layer " + std::to_string(l + 1), network.parameters);
  }
  return network;
}

NetworkFile read_network(const std::filesystem::path& path) {
  return network_from_json(common::base::read_json(path), path.string());
}

}  // namespace week01
