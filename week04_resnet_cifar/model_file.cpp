#include "week04_resnet_cifar/model_file.h"

#include "common/base/error.h"
#include "common/base/json.h"
#include "common/nn/modules.h"

namespace week04 {
namespace fs = std::filesystem;
using common::base::Json;
using common::base::require;
namespace {

constexpr const char* kWeek = "week04_resnet_cifar";
constexpr const char* kTrain = "; ./dev run week04_resnet_cifar trains one";

// The weights in a run's folder or in an exported one; "" when there are none.
fs::path weights_in(const fs::path& folder) {
  for (const char* name : {"weights.safetensors", "model.safetensors"}) {
    std::error_code ignored;
    if (fs::exists(folder / name, ignored)) return folder / name;
  }
  return {};
}

fs::path newest_run() { return common::base::newest_run(kWeek, "weights.safetensors"); }

}  // namespace

const std::vector<std::string>& class_names() {
  static const std::vector<std::string> names = {
      "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
  return names;
}

void describe_weights(common::base::Settings& settings, std::string& weights) {
  settings.add("weights", &weights, "folder of a run or an export; empty: the newest run's");
}

bool has_model() { return !newest_run().empty(); }

Model load_model(const std::string& folder, const torch::Device& device) {
  Model model;
  model.folder = folder.empty() ? newest_run() : fs::path(folder);
  require(!model.folder.empty(),
          std::string("there is no trained network in runs/") + kWeek + kTrain);
  const fs::path weights = weights_in(model.folder);
  require(!weights.empty(), model.folder.string() + " holds no weights.safetensors" + kTrain);
  const fs::path config_file = model.folder / "config.json";
  const Json json = common::base::read_json(config_file);
  require(json.is_object() && json.contains("settings"),
          config_file.string() + " does not say how the network was made");
  common::base::Settings settings;
  describe(settings, model.config);
  settings.apply(json["settings"], config_file.string());
  model.classes = class_names();
  model.network = make_network(model.config, static_cast<int64_t>(model.classes.size()),
                               /*seed=*/0, device);
  auto tensors = common::nn::tensors_of(*model.network.module);
  common::base::copy_tensors(common::base::load_tensors(weights).tensors, tensors,
                             weights.string());
  model.network.module->eval();
  return model;
}

}  // namespace week04
