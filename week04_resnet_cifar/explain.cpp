#include "week04_resnet_cifar/explain.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "common/base/device.h"
#include "common/base/progress.h"
#include "common/base/text.h"
#include "common/plot/picture.h"
#include "common/plot/tensor_grid.h"
#include "week04_resnet_cifar/grad_cam.h"
#include "week04_resnet_cifar/model_file.h"
#include "week04_resnet_cifar/report.h"

namespace week04 {
using common::base::formatted;
using common::base::Metrics;
using common::base::Run;
using torch::Tensor;
namespace plot = common::plot;
namespace {

void save(Run& run, const std::string& name, const plot::Picture& picture,
          const std::string& caption) {
  run.say(name + ": " + caption);
  if (run.writes()) save_png(picture, run.dir() / name);
}

// The filters of the first layer in colours, grey where a weight is 0.
double draw_filters(Run& run, const Network& network) {
  const Tensor weight = network.module->parameters().front().detach().cpu();  // [C, 3, k, k]
  const Tensor of_colour = weight.sum({2, 3}).abs().amax(1),  // [C], of the strongest colour
      sizes = weight.abs().sum({1, 2, 3});                    // [C]
  const double blind = of_colour.lt(0.1 * sizes).to(at::kDouble).mean().item<double>();
  const Tensor largest = weight.abs().amax({1, 2, 3}, /*keepdim=*/true);
  const Tensor shown = 0.5 + weight / (2 * largest.clamp_min(1e-12));
  plot::ImageGrid grid = plot::grid_of(shown, /*columns=*/16, /*scale=*/0);
  grid.title = std::to_string(weight.size(0)) + " filters of " + std::to_string(weight.size(2)) +
               " x " + std::to_string(weight.size(3)) + "; " + formatted("%.0f", 100 * blind) +
               " % sum to nearly 0 in each colour: blind to plain surfaces";
  grid.scale = 48 / weight.size(2);
  save(run, "filters.png", draw(grid), grid.title);
  return blind;
}

double near_zero(const Tensor& maps) {
  return maps.abs().lt(0.1 * maps.abs().max()).to(at::kDouble).mean().item<double>();
}

// The eight strongest maps of each stage for one image; returns the shares of numbers near zero.
std::vector<double> draw_maps(Run& run, const Network& network, const Tensor& pixels) {
  constexpr int64_t kShown = 8, kSide = 96;
  const at::NoGradGuard no_grad;
  network.module->eval();
  plot::ImageGrid image = plot::grid_of(pixels / 255.0, 1, kSide / pixels.size(2));
  std::vector<plot::Picture> rows = {draw(image)};
  std::vector<double> shares;
  const std::vector<Tensor> stages = network.stages(normalise(pixels));
  for (size_t stage = 0; stage < stages.size(); ++stage) {
    const Tensor maps = stages[stage][0];  // [C, h, w]
    shares.push_back(near_zero(maps));
    const Tensor strongest =
        std::get<1>(maps.abs().mean({1, 2}).topk(std::min(kShown, maps.size(0))));
    const Tensor chosen = maps.index_select(0, strongest);  // [8, h, w]
    plot::ImageGrid grid = plot::grid_of(
        (chosen / chosen.abs().amax({1, 2}, /*keepdim=*/true).clamp_min(1e-12)).unsqueeze(1),
        kShown, std::max<int64_t>(1, kSide / maps.size(1)));
    grid.colours = plot::ColourScale::kDiverging;
    grid.range = plot::Range{-1, 1};
    grid.title = "stage " + std::to_string(stage) + ": " + std::to_string(maps.size(0)) +
                 " maps of " + std::to_string(maps.size(1)) + " x " + std::to_string(maps.size(2)) +
                 ", " + formatted("%.0f", 100 * shares.back()) + " % of the numbers near 0";
    rows.push_back(draw(grid));
  }
  plot::TileOptions options;
  options.columns = 1;
  const auto side = [](const Tensor& maps) { return std::to_string(maps.size(2)); };
  options.title = "From " + side(stages.front()) + " x " + side(stages.front()) + " to " +
                  side(stages.back()) + " x " + side(stages.back()) + ": " +
                  formatted("%.0f", 100 * shares.front()) + " % of the first stage is near 0, " +
                  formatted("%.0f", 100 * shares.back()) + " % of the last";
  save(run, "maps.png", tile(rows, options), options.title);
  return shares;
}

// How much of the answer's probability goes with the hottest quarter of an image, and with the
// quarter that is hottest in another image: as large and as whole, but elsewhere.
std::pair<double, double> measure_heat(const Network& network, const Images& images, size_t stage) {
  constexpr double kShare = 0.25;
  constexpr int64_t kBatch = 100;
  const auto sure = [&](const Tensor& x, const Tensor& answers) {
    const at::NoGradGuard no_grad;
    return network.logits(x).softmax(1).gather(1, answers.unsqueeze(1)).sum().item<double>();
  };
  double hottest = 0, other = 0;
  common::base::Progress progress("looking", images.size(), "images");
  const int64_t size = images.size() - (images.size() % kBatch == 1 ? 1 : 0);  // one has no other
  for (int64_t begin = 0; begin < size; begin += kBatch) {
    const Tensor x =
        normalise(images.pixels.slice(0, begin, std::min(images.size(), begin + kBatch)));
    const Tensor answers = [&] {
      const at::NoGradGuard no_grad;
      return network.logits(x).argmax(1);  // [B]
    }();
    const Tensor heat = grad_cam(network, x, answers, stage);  // [B, H, W]
    const double whole = sure(x, answers);
    hottest += whole - sure(without_hottest(x, heat, kShare), answers);
    other += whole - sure(without_hottest(x, heat.roll(1, 0), kShare), answers);
    progress.update(begin + x.size(0));
  }
  const auto n = static_cast<double>(size);
  return {hottest / n, other / n};
}

// Rows of six: right answers and where they were seen; wrong ones, where the answer and where the
// truth was seen.
plot::ImageGrid heat_grid(const Model& model, const Images& images, size_t stage) {
  constexpr int64_t kShown = 6;
  const Network& network = model.network;
  const Answers answers = answer(network, images, /*tta=*/false, at::kFloat);
  const auto [sure, said] = answers.probabilities.max(1);  // [N]
  const Tensor right = said.eq(answers.labels);
  std::vector<Tensor> rows;
  std::vector<std::string> captions;
  const auto add_row = [&](const std::string& caption, const Tensor& which, const Tensor& classes,
                           bool heated) {
    const Tensor index = which.to(images.pixels.device());
    const Tensor pixels = images.pixels.index_select(0, index);
    const Tensor of = classes.index_select(0, which);
    rows.push_back(heated ? overlay(pixels, grad_cam(network, normalise(pixels),
                                                     of.to(pixels.device()), stage))
                          : pixels.cpu());
    for (int64_t i = 0; i < which.size(0); ++i) {
      captions.push_back(caption + model.classes.at(static_cast<size_t>(of[i].item<int64_t>())));
    }
  };
  const auto surest = [&](const Tensor& among) {
    const Tensor score = sure.masked_fill(among.logical_not(), -1);
    return std::get<1>(score.topk(std::min(kShown, among.sum().item<int64_t>())));
  };
  const Tensor good = surest(right), bad = surest(right.logical_not());
  if (good.size(0) == kShown) {
    add_row("is ", good, answers.labels, false);
    add_row("seen as ", good, said, true);
  }
  if (bad.size(0) == kShown) {
    add_row("is ", bad, answers.labels, false);
    add_row("seen as ", bad, said, true);
    add_row("speaks for ", bad, answers.labels, true);
  }
  common::base::require(!rows.empty(), "explain: --images is too small to find six answers");
  plot::ImageGrid grid = plot::grid_of(at::cat(rows) / 255.0, kShown, /*scale=*/4);
  grid.captions = std::move(captions);
  return grid;
}

}  // namespace

void describe(common::base::Settings& s, ExplainConfig& c) {
  describe_weights(s, c.weights);
  s.add("image", &c.image, "number of the test image whose maps are drawn").range(0, 9999);
  s.add("images", &c.images, "test images that are looked at").range(100, 10'000);
}

Metrics explain(const ExplainConfig& config, Run& run) {
  const torch::Device device = common::base::pick_device(run.config().device);
  const Model model = load_model(config.weights, device);
  const Network& network = model.network;
  run.say("weights of " + model.folder.string());
  Images test = load_test(run.config().data_dir);
  const Tensor one = test.pixels.slice(0, config.image, config.image + 1).to(device);
  const Images some{test.pixels.slice(0, 0, config.images).to(device),
                    test.labels.slice(0, 0, config.images)};
  const double blind = draw_filters(run, network);
  const std::vector<double> shares = draw_maps(run, network, one);
  const size_t stage = stage_to_look_at(network, normalise(one));
  const auto [hottest, other] = measure_heat(network, some, stage);
  plot::ImageGrid grid = heat_grid(model, some, stage);
  grid.title = "Grad-CAM. Without its hottest quarter an image loses " +
               formatted("%.2f", hottest) +
               " of the answer's probability, without another image's " + formatted("%.2f", other);
  save(run, "grad_cam.png", draw(grid), grid.title);
  return {{"plain_blind_filters", blind},
          {"near_zero_first", shares.front()},
          {"near_zero_last", shares.back()},
          {"hottest_quarter_drop", hottest},
          {"other_quarter_drop", other}};
}

}  // namespace week04
