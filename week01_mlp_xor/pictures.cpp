#include "week01_mlp_xor/pictures.h"

#include <algorithm>
#include <cmath>

#include "common/plot/animation.h"
#include "common/plot/decision_map.h"
#include "common/plot/heat_map.h"
#include "common/plot/image_grid.h"
#include "common/plot/lines.h"

namespace week01 {
using torch::Tensor;
namespace plot = common::plot;
namespace fs = std::filesystem;
namespace {

std::vector<double> to_doubles(const Tensor& t) {
  const Tensor flat = t.detach().cpu().to(torch::kFloat64).contiguous().view(-1);
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

// What the map shows of the plane: the training data and a margin around it.
plot::Range range_of(const Problem& problem, int64_t feature) {
  const Tensor column = problem.train.x.select(1, feature);
  const double low = column.min().item<double>(), high = column.max().item<double>();
  const double margin = 0.15 * std::max(high - low, 1e-6);
  return {low - margin, high + margin};
}

plot::DecisionMap decision_map(const Problem& problem, const Tensor& frame) {
  plot::DecisionMap map;
  map.x_range = range_of(problem, 0);
  map.y_range = range_of(problem, 1);
  map.rows = map.columns = kMapCells;
  map.classes = static_cast<int64_t>(problem.classes.size());
  map.class_names = problem.classes;
  map.values = to_doubles(frame);
  const auto add = [&](const Samples& samples, bool test) {
    if (samples.size() == 0) return;
    const auto x = to_doubles(samples.x);
    const Tensor label = samples.label.cpu();
    for (int64_t i = 0; i < std::min<int64_t>(samples.size(), 500); ++i) {
      const auto at = static_cast<size_t>(2 * i);
      map.points.push_back({x[at], x[at + 1], label[i].item<int64_t>(), test});
    }
  };
  add(problem.train, false);
  return map;
}

}  // namespace

Tensor boundary_frame(const Mlp& mlp, const Problem& problem) {
  const auto centres =
      plot::cell_centres(range_of(problem, 0), range_of(problem, 1), kMapCells, kMapCells);
  const Tensor x = torch::tensor(centres, torch::kFloat64)
                       .view({kMapCells * kMapCells, 2})
                       .to(mlp.parameters.flat.device());  // [G, 2]
  const Tensor p = forward(mlp, x).p;                      // [G, K]
  const Tensor shown = p.size(1) == 1   ? p.squeeze(1)
                       : p.size(1) == 2 ? p.select(1, 1)
                                        : classes_of(p);  // [G]
  return shown.to(torch::kFloat32).cpu().clamp(0, p.size(1) <= 2 ? 1 : p.size(1));
}

std::vector<int64_t> frame_epochs(int64_t epochs, int64_t count) {
  std::vector<int64_t> at;
  for (int64_t i = 0; i <= count; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(count);
    at.push_back(std::llround(std::pow(share, 2.0) * static_cast<double>(epochs)));
  }
  at.erase(std::unique(at.begin(), at.end()), at.end());
  return at;
}

void draw_boundary(const fs::path& dir, const Problem& problem, const Tensor& frames,
                   const std::vector<int64_t>& epochs) {
  const int64_t count = frames.size(0);
  plot::Animation animation({.lossless = false, .quality = 85});
  for (int64_t i = 0; i < count; ++i) {
    plot::DecisionMap map = decision_map(problem, frames[i]);
    map.title = problem.name + ", epoch " + std::to_string(epochs[static_cast<size_t>(i)]);
    map.width = map.height = 360;
    animation.add(draw(map), i + 1 == count ? 2000 : 120);
  }
  animation.save(dir / "boundary.webp");

  std::vector<plot::Picture> strip;
  std::vector<std::string> captions;
  const int64_t shown = std::min<int64_t>(6, count);
  for (int64_t k = 0; k < shown; ++k) {
    const int64_t i = shown == 1 ? 0 : k * (count - 1) / (shown - 1);
    plot::DecisionMap map = decision_map(problem, frames[i]);
    map.axes = map.legend = false;
    map.width = map.height = 240;
    strip.push_back(draw(map));
    captions.push_back("epoch " + std::to_string(epochs[static_cast<size_t>(i)]));
  }
  save_png(tile(strip, {.columns = shown, .title = {}, .captions = captions}),
           dir / "boundary-strip.png");
  plot::DecisionMap last = decision_map(problem, frames[count - 1]);
  last.title =
      problem.name + " after " + std::to_string(epochs[static_cast<size_t>(count - 1)]) + " epochs";
  save_png(draw(last), dir / "boundary.png");
}

void draw_curves(const common::base::Run& run, const Problem& problem) {
  const auto chart = [&](const std::string& metric, const std::string& label, bool log_y) {
    plot::LineChart lines;
    lines.title = run.config().preset + ": " + label;
    lines.x_label = "epoch";
    lines.y_label = label;
    lines.log_y = log_y;
    for (const std::string& split : {std::string("train"), problem.test_name}) {
      plot::Series series{.name = split};
      for (const auto& [x, y] : run.history(split, metric)) {
        series.x.push_back(x);
        series.y.push_back(y);
      }
      if (!series.x.empty()) lines.series.push_back(series);
    }
    if (!lines.series.empty()) save_png(draw(lines), run.dir() / (metric + ".png"));
  };
  chart("loss", "loss", /*log_y=*/true);
  chart("accuracy", "accuracy", /*log_y=*/false);
}

void draw_first_layer(const fs::path& dir, const Mlp& mlp) {
  const Tensor w = mlp.parameters.layers[0].w;  // [784, H]
  const int64_t shown = std::min<int64_t>(64, w.size(1));
  plot::ImageGrid grid;
  grid.title = "Weights of the first " + std::to_string(shown) + " hidden units";
  grid.height = grid.width = 28;
  grid.columns = std::min<int64_t>(16, shown);
  grid.scale = 2;
  grid.pixels = to_doubles(w.slice(/*dim=*/1, 0, shown).t());  // [shown, 784]
  grid.colours = plot::ColourScale::kDiverging;
  // A few large weights must not wash out the rest: show what 99.5 % of them span.
  const double span = w.abs().flatten().to(torch::kFloat32).quantile(0.995).item<double>();
  grid.range = plot::Range{-span, span};
  save_png(draw(grid), dir / "weights.png");
}

void draw_confusion(const fs::path& dir, const Problem& problem, const Samples& samples,
                    const Score& score) {
  const Tensor label = samples.label.cpu().contiguous(), predicted = score.predicted.contiguous();
  const auto list = [](const Tensor& t) {
    return std::vector<int64_t>(t.data_ptr<int64_t>(), t.data_ptr<int64_t>() + t.numel());
  };
  plot::ConfusionMatrix matrix;
  matrix.title = problem.name;
  matrix.classes = problem.classes;
  matrix.counts = plot::confusion_counts(list(label), list(predicted),
                                         static_cast<int64_t>(problem.classes.size()));
  save_png(draw(matrix), dir / "confusion.png");
}

void draw_activations(const fs::path& dir) {
  const Tensor z = torch::linspace(-4, 4, 401, torch::kFloat64);  // [401]
  std::vector<plot::Picture> charts;
  for (const auto& name : activation_names()) {
    const Activation f = activation_named(name);
    const Tensor a = activate(f, z);
    plot::LineChart chart;
    chart.title = name;
    chart.x_label = "z";
    chart.width = 480;
    chart.height = 360;
    chart.series.push_back({.name = "f(z)", .x = to_doubles(z), .y = to_doubles(a)});
    chart.series.push_back(
        {.name = "f'(z)", .x = to_doubles(z), .y = to_doubles(slope(f, z, a)), .dashed = true});
    charts.push_back(draw(chart));
  }
  save_png(tile(charts, {.columns = 3, .title = "Activations and their derivatives"}),
           dir / "activations.png");
}

}  // namespace week01
