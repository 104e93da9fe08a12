// What is done with trained weights: `evaluate`, `predict`, `export`.
#include "week04_resnet_cifar/use.h"

#include <ATen/ATen.h>

#include "common/base/device.h"
#include "common/base/error.h"
#include "common/base/files.h"
#include "common/data/cifar10.h"
#include "common/nn/modules.h"
#include "common/train/precision.h"
#include "week04_resnet_cifar/model_file.h"
#include "week04_resnet_cifar/own_image.h"
#include "week04_resnet_cifar/report.h"

namespace week04 {
using common::base::Metrics;
using common::base::Run;
using torch::Tensor;
void describe(common::base::Settings& settings, EvaluateConfig& config) {
  describe_weights(settings, config.weights);
  settings.add("tta", &config.tta, "also answer with the mean over mirrored and shifted images");
}

void describe(common::base::Settings& settings, WeightsConfig& config) {
  describe_weights(settings, config.weights);
}

Metrics evaluate(const EvaluateConfig& config, Run& run) {
  const torch::Device device = common::base::pick_device(run.config().device);
  const auto precision = common::train::pick_precision(run.config().precision, device);
  const Model model = load_model(config.weights, device);
  run.say("weights of " + model.folder.string() + ", in " + precision.reason);
  const Images test = load_test(run.config().data_dir);
  return judge(model.network, test, "test", config.tta, precision.type, model.classes, run);
}

void require_images(const std::vector<std::string>& files) {
  common::base::require(!files.empty(),
                        "which image? ./dev run week04_resnet_cifar predict IMAGE...");
  for (const auto& file : files) {
    common::base::require(std::filesystem::exists(file), "there is no image " + file);
  }
}

Metrics predict(const WeightsConfig& config, Run& run) {
  const auto& files = run.config().words;
  const torch::Device device = common::base::pick_device(run.config().device);
  const Model model = load_model(config.weights, device);
  std::vector<Tensor> pixels;
  for (const auto& file : files) {
    pixels.push_back(to_cifar(common::base::read_file(file, kMostImageBytes), file));
  }
  const Images images{at::cat(pixels).to(device),
                      at::zeros({static_cast<int64_t>(files.size())}, at::kLong)};
  const Answers answers = answer(model.network, images, /*tta=*/true, at::kFloat);
  std::vector<std::vector<std::string>> rows;
  for (size_t i = 0; i < files.size(); ++i) {
    const Tensor row = answers.probabilities[static_cast<int64_t>(i)];
    rows.push_back({files[i], best_answers(row, model.classes, 3)});
  }
  run.table("answers", {"image", "what the network sees"}, rows);
  return {};
}

Metrics export_model(const WeightsConfig& config, Run& run) {
  const Model model = load_model(config.weights, torch::kCPU);
  common::base::Settings settings;
  Config copy = model.config;
  describe(settings, copy);
  const auto numbers = [](const std::array<double, 3>& values) {
    return common::base::Json(std::vector<double>(values.begin(), values.end()));
  };
  common::base::save_tensors(run.dir() / "model.safetensors",
                             common::nn::tensors_of(*model.network.module), {{"format", "pt"}});
  common::base::Json json = run.config().to_json();  // stays a run's config.json
  json["model_type"] = model.network.name;
  json["classes"] = model.classes;
  json["image_mean"] = numbers(common::data::kCifar10Mean);
  json["image_std"] = numbers(common::data::kCifar10Deviation);
  json["settings"] = settings.to_json();
  common::base::write_json(run.dir() / "config.json", json);
  run.say("model.safetensors and config.json of " + model.folder.string());
  return {};
}

}  // namespace week04
