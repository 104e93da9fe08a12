#include "week04_resnet_cifar/report.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "common/base/text.h"
#include "common/nn/modules.h"
#include "common/plot/curves.h"
#include "common/plot/heat_map.h"
#include "common/plot/lines.h"
#include "common/plot/tensor_grid.h"
#include "common/train/flops.h"

namespace week04 {
using common::base::formatted;
using common::base::percent;
using common::base::Run;
using torch::Tensor;
namespace plot = common::plot;

void draw_curves(const Run& run) {
  if (!run.writes()) return;
  const std::vector<plot::Picture> charts = {
      plot::step_chart("Loss", "cross-entropy",
                       {plot::curve(run, "train", "loss", "training"),
                        plot::curve(run, "validation", "loss", "validation")}),
      plot::step_chart("Accuracy", "share right",
                       {plot::curve(run, "train", "accuracy", "training"),
                        plot::curve(run, "validation", "accuracy", "validation")}),
      plot::step_chart("Learning rate", "lr", {plot::curve(run, "train", "lr", "")}),
      plot::step_chart("Momentum", "momentum", {plot::curve(run, "train", "momentum", "")})};
  save_png(plot::tile(charts, {.columns = 2}), run.dir() / "curves.png");
}

Calibration calibrate(const Answers& answers, int64_t bins) {
  const auto [sure, predicted] = answers.probabilities.max(1);
  const Tensor right = predicted.eq(answers.labels).to(at::kDouble);
  const Tensor confidence = sure.to(at::kDouble);
  const Tensor bin = (confidence * static_cast<double>(bins)).floor().clamp(0, bins - 1);
  Calibration result;
  for (int64_t b = 0; b < bins; ++b) {
    const Tensor here = bin.eq(b);
    const auto count = here.sum().item<int64_t>();
    if (count == 0) continue;
    const double mean_confidence = confidence.masked_select(here).mean().item<double>();
    const double accuracy = right.masked_select(here).mean().item<double>();
    result.confidence.push_back(mean_confidence);
    result.accuracy.push_back(accuracy);
    result.count.push_back(count);
    result.error += std::abs(mean_confidence - accuracy) * static_cast<double>(count) /
                    static_cast<double>(confidence.size(0));
  }
  return result;
}

namespace {

void draw_confusion(const Run& run, const Answers& answers, const std::string& split,
                    const std::vector<std::string>& classes) {
  plot::ConfusionMatrix matrix;
  matrix.title = "The " + split + " images";
  matrix.classes = classes;
  matrix.counts = plot::confusion_counts(plot::whole_numbers(answers.labels),
                                         plot::whole_numbers(answers.probabilities.argmax(1)),
                                         static_cast<int64_t>(classes.size()));
  save_png(draw(matrix), run.dir() / "confusion.png");
}

void draw_mistakes(const Run& run, const Answers& answers, const Images& images,
                   const std::vector<std::string>& classes) {
  const auto [sure, predicted] = answers.probabilities.max(1);  // [N]
  const Tensor wrong = predicted.ne(answers.labels);
  const int64_t count = std::min<int64_t>(24, wrong.sum().item<int64_t>());
  if (count == 0) return;
  const Tensor worst = (sure * wrong.to(sure.dtype()))
                           .argsort(0, /*descending=*/true)
                           .slice(0, 0, count);                     // [count]
  const Tensor shown = images.pixels.cpu().index_select(0, worst);  // [count, 3, H, W]
  plot::ImageGrid grid = plot::grid_of(shown / 255.0, /*columns=*/6, /*scale=*/4);
  grid.title = "Wrong, and surest of it: answer (truth), probability of the answer";
  for (const int64_t i : plot::whole_numbers(worst)) {
    const auto name = [&](const Tensor& of) {
      return classes.at(static_cast<size_t>(of[i].item<int64_t>()));
    };
    grid.captions.push_back(name(predicted) + " (" + name(answers.labels) + ") " +
                            formatted("%.2f", sure[i].item<double>()));
  }
  save_png(draw(grid), run.dir() / "mistakes.png");
}

void draw_calibration(const Run& run, const Answers& answers) {
  const Calibration calibration = calibrate(answers);
  plot::LineChart chart;
  chart.title = "Calibration: expected error " + formatted("%.3f", calibration.error);
  chart.x_label = "probability of the answer";
  chart.y_label = "share right";
  chart.x_range = plot::Range{0, 1};
  chart.y_range = plot::Range{0, 1};
  chart.series.push_back({.name = "the network",
                          .x = calibration.confidence,
                          .y = calibration.accuracy,
                          .points = true});
  chart.series.push_back(
      {.name = "as sure as it is right", .x = {0, 1}, .y = {0, 1}, .dashed = true});
  save_png(draw(chart), run.dir() / "calibration.png");
}

void print_classes(Run& run, const Answers& answers, const std::vector<std::string>& classes) {
  const Tensor predicted = answers.probabilities.argmax(1);
  std::vector<std::vector<std::string>> rows;
  for (size_t k = 0; k < classes.size(); ++k) {
    const Tensor is = answers.labels.eq(static_cast<int64_t>(k));
    const Tensor said = predicted.eq(static_cast<int64_t>(k));
    const auto both = is.logical_and(said).sum().item<double>();
    const auto of = is.sum().item<double>(), answered = said.sum().item<double>();
    const auto share = [](double part, double all) {
      return all > 0 ? formatted("%.3f", part / all) : std::string("-");
    };
    rows.push_back({classes[k], formatted("%.0f", of), share(both, of), share(both, answered),
                    share(2 * both, of + answered)});
  }
  run.table("classes", {"class", "images", "recall", "precision", "f1"}, rows);
}

void draw_answers(Run& run, const Answers& answers, const Images& images, const std::string& split,
                  const std::vector<std::string>& classes) {
  print_classes(run, answers, classes);
  if (!run.writes()) return;
  draw_confusion(run, answers, split, classes);
  draw_mistakes(run, answers, images, classes);
  draw_calibration(run, answers);
}

}  // namespace

common::base::Metrics judge(const Network& network, const Images& images, const std::string& split,
                            bool tta, c10::ScalarType precision,
                            const std::vector<std::string>& classes, Run& run) {
  const Answers answers = answer(network, images, /*tta=*/false, precision);
  common::base::Metrics metrics = {{split + "_accuracy", answers.accuracy},
                                   {split + "_loss", answers.loss}};
  run.say(percent(answers.accuracy) + " of the " + std::to_string(images.size()) + " " + split +
          " images right");
  if (tta) {
    const double accuracy = answer(network, images, /*tta=*/true, precision).accuracy;
    metrics.emplace_back(split == "test" ? "tta_accuracy" : split + "_tta_accuracy", accuracy);
    run.say("with test-time augmentation " + percent(accuracy));
  }
  draw_answers(run, answers, images, split, classes);
  return metrics;
}

void draw_augmentation(const Run& run, const Images& images, const Config& config, uint64_t seed) {
  if (!run.writes()) return;
  constexpr int64_t kEpochs = 8;
  const int64_t shown_images = std::min<int64_t>(6, images.size());
  std::vector<Tensor> rows;
  const Tensor white = normalise(at::zeros({1, 3, 1, 1}, at::kByte));  // of a pixel of 0
  const Tensor unit = normalise(at::ones({1, 3, 1, 1}, at::kByte)) - white;
  for (int64_t epoch = 0; epoch < kEpochs; ++epoch) {
    common::data::BatchPlan plan;
    for (int64_t i = 0; i < shown_images; ++i) plan.ids.push_back(i);
    plan.epoch = epoch;
    plan.seed = seed + static_cast<uint64_t>(epoch);
    const Tensor x = make_batch(images, config, plan, seed).images.cpu();
    rows.push_back(((x - white) / unit).round().clamp(0, 255));  // [shown, 3, 32, 32]
  }
  const Tensor shown = at::stack(rows, 1).flatten(0, 1);  // [shown * epochs, 3, 32, 32]
  plot::ImageGrid grid = plot::grid_of(shown / 255.0, /*columns=*/kEpochs, /*scale=*/3);
  grid.title = "What training sees: each row is one image in eight epochs";
  save_png(draw(grid), run.dir() / "augmentation.png");
}

std::string best_answers(const Tensor& probabilities, const std::vector<std::string>& classes,
                         int64_t count) {
  const auto [shares, order] = probabilities.cpu().topk(count);
  std::string text;
  for (int64_t i = 0; i < count; ++i) {
    text += (i > 0 ? ", " : "") + classes.at(static_cast<size_t>(order[i].item<int64_t>())) +
            formatted(" %.1f %%", 100 * shares[i].item<double>());
  }
  return text;
}

double summarise(Run& run, const Network& network, const torch::Device& device) {
  const torch::NoGradGuard no_grad;
  network.module->eval();
  const Tensor image = at::zeros({1, 3, 32, 32}, at::TensorOptions().device(device));
  const auto costs = common::train::count_flops([&] { network.logits(image); });
  network.module->train();
  const double flops = common::train::print_costs(run, costs);
  const int64_t parameters = common::nn::count_parameters(*network.module);
  run.say(network.name + ": " + std::to_string(parameters) + " parameters, " +
          formatted("%.1f", flops / 1e6) + " MFLOP an image forward");
  return flops;
}

}  // namespace week04
