#include "week09_ddp_imagenet/report.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>

#include "common/base/text.h"
#include "common/nn/convolve.h"
#include "common/nn/modules.h"
#include "common/plot/curves.h"
#include "common/plot/tensor_grid.h"
#include "common/train/flops.h"

namespace week09 {
using common::base::formatted;
using common::base::Run;
using common::data::ImageSet;
using torch::Tensor;
namespace plot = common::plot;
namespace {

constexpr int64_t kShownSide = 112;  // pixels of an image in a grid

// Images [N, 3, S, S] as a network gets them, as numbers from 0 to 1 and all of one side.
Tensor to_show(const Tensor& images) {
  const auto channel = [](const std::array<double, 3>& values) {
    return at::tensor({values[0], values[1], values[2]}, at::kFloat).view({1, 3, 1, 1});
  };
  const Tensor pixels = images.to(at::kFloat) * channel(common::data::kImageNetDeviation) +
                        channel(common::data::kImageNetMean);
  return at::upsample_bilinear2d(pixels.contiguous(), {kShownSide, kShownSide},
                                 /*align_corners=*/false)
      .clamp(0, 1);  // [N, 3, side, side]
}

common::data::BatchPlan plan_of(std::vector<int64_t> ids, int64_t epoch = 0) {
  common::data::BatchPlan plan;
  plan.ids = std::move(ids);
  plan.epoch = epoch;
  return plan;
}

void print_classes(Run& run, const Answers& answers, const std::vector<std::string>& classes) {
  constexpr size_t kMost = 30;  // more are no table to read
  if (classes.size() > kMost) return;
  std::vector<std::vector<std::string>> rows;
  for (size_t k = 0; k < classes.size(); ++k) {
    const Tensor is = answers.labels.eq(static_cast<int64_t>(k));
    const Tensor said = answers.predicted.eq(static_cast<int64_t>(k));
    const auto right = is.logical_and(said).sum().item<double>();
    const auto share = [&](double of) { return of > 0 ? formatted("%.3f", right / of) : "-"; };
    const auto count = is.sum().item<double>();
    rows.push_back({class_title(classes[k]), formatted("%.0f", count), share(count),
                    share(said.sum().item<double>())});
  }
  run.table("classes", {"class", "images", "recall", "precision"}, rows);
}

}  // namespace

std::string class_title(const std::string& folder) {
  static const std::map<std::string, std::string> titles = {
      {"n01440764", "tench"},         {"n02102040", "springer"}, {"n02979186", "cassette player"},
      {"n03000684", "chain saw"},     {"n03028079", "church"},   {"n03394916", "French horn"},
      {"n03417042", "garbage truck"}, {"n03425413", "gas pump"}, {"n03445777", "golf ball"},
      {"n03888257", "parachute"}};
  const auto found = titles.find(folder);
  if (found != titles.end()) return found->second;
  return common::base::is_plain_text(folder) ? folder : common::base::shown(folder);
}

void draw_curves(const Run& run) {
  if (!run.writes()) return;
  using plot::curve;
  const std::vector<plot::Picture> charts = {
      plot::step_chart(
          "Loss", "cross-entropy",
          {curve(run, "train", "loss", "training"), curve(run, "val", "loss", "validation")}),
      plot::step_chart("Validation images", "share right",
                       {curve(run, "val", "top1", "top-1"), curve(run, "val", "top5", "top-5")}),
      plot::step_chart("Learning rate", "lr", {curve(run, "train", "lr", "")}),
      plot::step_chart("Speed of all ranks", "images a second",
                       {curve(run, "train", "samples_per_s", "")})};
  plot::save_png(plot::tile(charts, {.columns = 2}), run.dir() / "curves.png");
}

void draw_training_images(const Run& run, const ImageSet& images, const Config& config,
                          uint64_t seed) {
  if (!run.writes()) return;
  constexpr int64_t kImages = 5, kMostShown = 8;
  std::vector<int64_t> ids;
  for (int64_t i = 0; i < kImages; ++i) ids.push_back(i * images.count / kImages);
  const Batches batches = Batches::training(images, config, seed, at::kFloat);
  std::vector<Tensor> columns;
  std::vector<std::string> sizes;
  const auto epochs = std::max<int64_t>(1, static_cast<int64_t>(config.epochs));
  const int64_t shown = std::min(kMostShown, epochs);
  for (int64_t column = 0; column < shown; ++column) {
    const int64_t epoch = column * (epochs - 1) / std::max<int64_t>(1, shown - 1);
    columns.push_back(to_show(batches.make(plan_of(ids, epoch)).images));  // [images, 3, ., .]
    sizes.push_back("epoch " + std::to_string(epoch + 1) + ": " +
                    std::to_string(size_in(config, epoch)) + " px");
  }
  plot::ImageGrid grid =
      plot::grid_of(at::stack(columns, 1).flatten(0, 1), /*columns=*/shown, /*scale=*/1);
  grid.title = "What training sees: each row is one image, in several epochs";
  for (int64_t i = 0; i < kImages; ++i) {
    grid.captions.insert(grid.captions.end(), sizes.begin(), sizes.end());
  }
  plot::save_png(draw(grid), run.dir() / "training_images.png");
}

void draw_answers(Run& run, const Answers& answers, const ImageSet& images, const Config& config) {
  print_classes(run, answers, images.classes);
  const Tensor wrong = answers.label_place.gt(0);
  const int64_t count = std::min<int64_t>(18, wrong.sum().item<int64_t>());
  if (!run.writes() || count == 0) return;
  const Tensor surest = (answers.confidence * wrong.to(at::kDouble))
                            .argsort(0, /*descending=*/true)
                            .slice(0, 0, count);  // [count]
  const auto ids = plot::whole_numbers(surest);
  const Tensor shown =
      to_show(Batches::validation(images, config, at::kFloat).make(plan_of(ids)).images);
  plot::ImageGrid grid = plot::grid_of(shown, /*columns=*/6, /*scale=*/1);
  grid.title = "Wrong, and surest of it: answer (truth), probability of the answer";
  const auto title = [&](const Tensor& of, int64_t i) {
    return class_title(images.classes.at(static_cast<size_t>(of[i].item<int64_t>())));
  };
  for (const int64_t i : ids) {
    grid.captions.push_back(title(answers.predicted, i) + " (" + title(answers.labels, i) + ") " +
                            formatted("%.2f", answers.confidence[i].item<double>()));
  }
  plot::save_png(draw(grid), run.dir() / "mistakes.png");
}

std::vector<common::train::OperationCost> costs_of(common::nn::ResNet& network, int64_t size,
                                                   const torch::Device& device) {
  const torch::NoGradGuard no_grad;
  const common::nn::DirectConvolutions direct;
  network->eval();
  const Tensor image = at::zeros({1, 3, size, size}, network->fc->weight.options().device(device));
  auto costs = common::train::count_flops([&] { network(image); });
  network->train();
  return costs;
}

double summarise(Run& run, common::nn::ResNet& network, int64_t size, const torch::Device& device) {
  const auto costs = costs_of(network, size, device);
  const double flops = common::train::print_costs(run, costs);
  const int64_t parameters = common::nn::count_parameters(*network);
  run.say(std::to_string(parameters) + " parameters, " + formatted("%.1f", flops / 1e6) +
          " MFLOP forward for an image of " + std::to_string(size) + " x " + std::to_string(size));
  return flops;
}

void draw_step(const Run& run, const Phases& p, const common::dist::CommunicationTimes& times) {
  if (!run.writes()) return;
  plot::LineChart chart;
  chart.title = "One step: what the processor does, and when buckets of gradients travel";
  chart.x_label = "milliseconds since the step began";
  chart.y_label = "bucket (above 0), processor (at 0)";
  chart.height = 420;
  double begin = 0;
  const auto bar = [&](const std::string& name, double from, double to, double y) {
    plot::Series series;
    series.name = name;
    series.x = {1e3 * from, 1e3 * to};
    series.y = {y, y};
    series.points = true;
    return series;
  };
  const double backward_begin = p.data_s + p.forward_s;
  for (const auto& [name, seconds] :
       std::vector<std::pair<std::string, double>>{{"data", p.data_s},
                                                   {"forward", p.forward_s},
                                                   {"backward", p.backward_s},
                                                   {"waiting for gradients", p.communication_s},
                                                   {"optimizer", p.optimizer_s}}) {
    chart.series.push_back(bar(name, begin, begin + seconds, 0));
    begin += seconds;
  }
  double y = 1;
  for (const auto& bucket : times.buckets) {
    auto series = bar("", backward_begin + bucket.begin_s, backward_begin + bucket.end_s, y++);
    series.colour = plot::Colour{110, 110, 110};
    chart.series.push_back(series);
  }
  chart.y_range = plot::Range{-1, std::max(2.0, y)};
  plot::save_png(draw(chart), run.dir() / "step.png");
}

}  // namespace week09
