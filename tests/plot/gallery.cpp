// Draws every kind of picture into a folder, to be looked at: plot_gallery FOLDER
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "common/base/files.h"
#include "common/plot/animation.h"
#include "common/plot/decision_map.h"
#include "common/plot/heat_map.h"
#include "common/plot/image_grid.h"
#include "common/plot/lines.h"
#include "common/plot/picture.h"
#include "common/plot/strips.h"

namespace {

namespace plot = common::plot;
using Folder = std::filesystem::path;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<double> along(double low, double high, int64_t n) {
  std::vector<double> x;
  for (int64_t i = 0; i < n; ++i) {
    x.push_back(low + (high - low) * static_cast<double>(i) / static_cast<double>(n - 1));
  }
  return x;
}

template <typename Function>
std::vector<double> map_over(const std::vector<double>& x, Function f) {
  std::vector<double> y;
  for (const double v : x) y.push_back(f(v));
  return y;
}

plot::LineChart losses(bool log_y) {
  std::mt19937 random(1);
  std::normal_distribution<double> noise;
  const std::vector<double> x = along(0, 2000, 400);
  plot::LineChart chart;
  chart.title = log_y ? "Loss on XOR, logarithmic" : "Loss on XOR, mean and spread of 20 seeds";
  chart.x_label = "epoch";
  chart.y_label = "binary cross-entropy";
  chart.log_y = log_y;
  const char* const names[] = {"SGD", "momentum", "RMSProp", "Adam"};
  for (int k = 0; k < 4; ++k) {
    plot::Series series;
    series.name = names[k];
    series.x = x;
    series.y = map_over(x, [&](double t) {
      return 0.69 * std::exp(-t * (k + 1) / 900) + 0.0005 + 0.004 * std::abs(noise(random)) * 0.1;
    });
    if (!log_y) series.spread = map_over(series.y, [](double y) { return 0.15 * y; });
    chart.series.push_back(series);
  }
  return chart;
}

plot::LineChart activation(const std::string& name, double (*f)(double), double (*df)(double)) {
  const std::vector<double> x = along(-4, 4, 201);
  plot::LineChart chart;
  chart.title = name;
  chart.x_label = "x";
  chart.series = {{.name = "f(x)", .x = x, .y = map_over(x, f)},
                  {.name = "f'(x)", .x = x, .y = map_over(x, df), .dashed = true}};
  chart.width = 480;
  chart.height = 340;
  return chart;
}

void line_charts(const Folder& folder) {
  save_png(draw(losses(false)), folder / "lines_loss.png");
  save_png(draw(losses(true)), folder / "lines_log.png");
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  const std::vector<plot::Picture> charts = {
      draw(activation("Sigmoid", sigmoid,
                      [](double x) { return 1 / (2 + std::exp(x) + std::exp(-x)); })),
      draw(activation(
          "Tanh", [](double x) { return std::tanh(x); },
          [](double x) { return 1 - std::tanh(x) * std::tanh(x); })),
      draw(activation(
          "ReLU", [](double x) { return std::max(0.0, x); },
          [](double x) { return x > 0 ? 1.0 : 0.0; })),
      draw(activation(
          "Leaky ReLU", [](double x) { return x > 0 ? x : 0.01 * x; },
          [](double x) { return x > 0 ? 1.0 : 0.01; })),
      draw(activation(
          "ELU", [](double x) { return x > 0 ? x : std::exp(x) - 1; },
          [](double x) { return x > 0 ? 1.0 : std::exp(x); }))};
  save_png(tile(charts, {.columns = 3, .title = "Activations and their derivatives"}),
           folder / "lines_grid.png");

  plot::LineChart crowded;
  crowded.title =
      "A chart whose curves leave no corner free, with a title that is far too long to "
      "stand on a single line of nine hundred and sixty pixels";
  crowded.x_label = "step";
  crowded.y_label = "learning rate (per step)";
  std::mt19937 random(2);
  std::normal_distribution<double> noise;
  for (int k = 0; k < 9; ++k) {
    crowded.series.push_back(
        {.name = "series number " + std::to_string(k),
         .y = map_over(along(0, 1, 3000), [&](double) { return noise(random); })});
  }
  save_png(draw(crowded), folder / "lines_crowded.png");

  const std::vector<double> width = {1, 2, 3, 4, 6, 8, 16};
  plot::LineChart points;
  points.title = "Success by width: 20 seeds each";
  points.x_label = "hidden units";
  points.y_label = "solved";
  points.series = {
      {.name = "tanh", .x = width, .y = {0, 0.55, 0.9, 1, 1, 1, 1}, .points = true},
      {.name = "ReLU", .x = width, .y = {0, 0.2, 0.45, kNan, 0.85, 0.95, 1}, .points = true},
      {.name = "measured",
       .x = width,
       .y = {0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9},
       .line = false,
       .points = true}};
  save_png(draw(points), folder / "lines_points.png");

  save_png(draw(plot::StripChart{.title = "Accuracy by optimizer",
                                 .x_label = "accuracy on held-out images",
                                 .strips = {{"SGD with momentum", {0.8532, 0.8512, 0.8542}},
                                            {"AdamW", {0.85, 0.849, 0.8533}},
                                            {"Muon", {0.866, 0.8621, 0.871}}}}),
           folder / "strips.png");
}

void odd_charts(const Folder& folder) {
  std::vector<plot::Picture> charts;
  const auto add = [&](const std::string& title, std::vector<double> x, std::vector<double> y,
                       bool log = false) {
    plot::LineChart chart;
    chart.title = title;
    chart.x_label = "x";
    chart.y_label = "y";
    chart.log_y = log;
    chart.series = {{.name = "s", .x = std::move(x), .y = std::move(y)}};
    chart.width = 480;
    chart.height = 320;
    charts.push_back(draw(chart));
  };
  add("one point", {3}, {0.25});
  add("constant", {1, 2, 3}, {5, 5, 5});
  add("empty", {}, {});
  add("all NaN", {1, 2}, {kNan, kNan});
  add("huge", {1, 2, 3}, {-1e300, 2, 1e300});
  add("largest", {-1.7e308, 1.7e308}, {-1.7e308, 1.7e308});
  add("tiny", {1, 2, 3}, {1e-300, 2e-300, 3e-300});
  add("tiny range, far off", {1, 2, 3}, {1, 1 + 1e-9, 1 + 3e-9});
  add("log, 600 decades", {1, 2, 3}, {1e-300, 1, 1e300}, true);
  add("log, within a decade", {1, 2, 3}, {2.1, 2.5, 3.9}, true);
  add("log, not positive", {1, 2, 3}, {-1, 0, -5}, true);
  add("gap: \xc3\xa9t\xc3\xa9 \xe2\x80\x94 \xce\xbb=0.1 \xe6\xbc\xa2 \xff", {1, 2, 3, 4, 5, 6},
      {1, 3, kNan, 2, 4, 3});
  save_png(tile(charts, {.columns = 3}), folder / "lines_odd.png");
}

plot::DecisionMap xor_map(double sharpness) {
  plot::DecisionMap map;
  map.title = "XOR, epoch " + std::to_string(static_cast<int>(sharpness * 100));
  map.x_range = {-0.5, 1.5};
  map.y_range = {-0.5, 1.5};
  map.rows = 60;
  map.columns = 60;
  const std::vector<double> at =
      plot::cell_centres(map.x_range, map.y_range, map.rows, map.columns);
  for (std::size_t i = 0; i < at.size(); i += 2) {
    const double z = -(at[i] - 0.5) * (at[i + 1] - 0.5) * 4 + 0.3 * (at[i] - 0.5);
    map.values.push_back(1 / (1 + std::exp(-sharpness * z)));
  }
  map.points = {{0, 0, 0}, {0, 1, 1}, {1, 0, 1}, {1, 1, 0}};
  return map;
}

void decision_maps(const Folder& folder) {
  plot::DecisionMap map = xor_map(6);
  std::mt19937 random(3);
  std::normal_distribution<double> noise(0, 0.17);
  map.points.clear();
  for (int i = 0; i < 100; ++i) {
    const int a = i % 2;
    const int b = i / 2 % 2;
    map.points.push_back({a + noise(random), b + noise(random), a ^ b, i % 5 == 0});
  }
  map.title = "XOR with noise: a network of 2-4-1";
  save_png(draw(map), folder / "decision_binary.png");

  plot::DecisionMap spirals;
  spirals.title = "Three spirals";
  spirals.classes = 3;
  spirals.rows = spirals.columns = 80;
  spirals.class_names = {"first", "second", "third"};
  const std::vector<double> at = plot::cell_centres({-1, 1}, {-1, 1}, 80, 80);
  for (std::size_t i = 0; i < at.size(); i += 2) {
    const double r = std::hypot(at[i], at[i + 1]);
    const double angle = std::atan2(at[i + 1], at[i]) - 5 * r;
    double sum = 0;
    double p[3];
    for (int k = 0; k < 3; ++k) sum += p[k] = std::exp(3 * std::cos(angle - 2.0944 * k) * r * 2);
    for (const double v : p) spirals.values.push_back(v / sum);
  }
  for (int i = 0; i < 300; ++i) {
    const int k = i % 3;
    const double r = 0.05 + 0.9 * i / 300;
    const double angle = 5 * r + 2.0944 * k + noise(random);
    spirals.points.push_back({r * std::cos(angle), r * std::sin(angle), k, i % 4 == 0});
  }
  save_png(draw(spirals), folder / "decision_classes.png");

  std::vector<plot::Picture> strip;
  std::vector<std::string> captions;
  for (const double sharpness : {0.2, 1.0, 3.0, 8.0, 20.0}) {
    plot::DecisionMap frame = xor_map(sharpness);
    captions.push_back("epoch " + std::to_string(static_cast<int>(sharpness * 100)) + ", loss " +
                       plot::short_number(0.69 / (1 + sharpness)));
    frame.title.clear();
    frame.legend = frame.axes = false;
    frame.width = frame.height = 240;
    strip.push_back(draw(frame));
  }
  save_png(
      tile(strip, {.columns = 5, .title = "The boundary as training goes", .captions = captions}),
      folder / "decision_strip.png");

  plot::Animation animation;
  for (int i = 0; i < 40; ++i) {
    plot::DecisionMap frame = xor_map(0.1 * std::exp(0.14 * i));
    frame.width = 480;
    frame.height = 520;
    animation.add(draw(frame), i == 39 ? 1500 : 80);
  }
  animation.save(folder / "boundary.webp");
}

void image_grids(const Folder& folder) {
  plot::ImageGrid digits;
  digits.title = "Blobs in place of digits";
  digits.height = digits.width = 28;
  plot::ImageGrid weights;
  weights.title = "First-layer weights";
  weights.height = weights.width = 28;
  weights.colours = plot::ColourScale::kDiverging;
  plot::ImageGrid colour;
  colour.height = colour.width = 32;
  colour.channels = 3;
  for (int n = 0; n < 24; ++n) {
    digits.captions.push_back("is " + std::to_string(n % 10) + ", said " +
                              std::to_string(n * 7 % 10));
    for (int i = 0; i < 28 * 28; ++i) {
      const double y = i / 28 - 14 + n % 5;
      const double x = i % 28 - 14 - n % 3;
      digits.pixels.push_back(std::exp(-std::pow(std::hypot(x, y) - 4 - n % 4, 2) / 6));
      weights.pixels.push_back(0.08 * std::sin(x * (n % 5 + 1) / 6.0) *
                               std::exp(-(x * x + y * y) / 90));
    }
  }
  for (int n = 0; n < 4; ++n) {
    for (int i = 0; i < 32 * 32; ++i) {
      const double v[] = {i % 32 / 31.0, i / 32 / 31.0, n / 3.0};
      colour.pixels.insert(colour.pixels.end(), v, v + 3);
    }
  }
  save_png(draw(digits), folder / "images_grey.png");
  save_png(draw(weights), folder / "images_weights.png");
  save_png(draw(colour), folder / "images_rgb.png");
}

void heat_maps(const Folder& folder) {
  plot::HeatMap map;
  map.title = "Runs of 20 that solved XOR, by width and activation";
  map.x_label = "activation";
  map.y_label = "hidden units";
  map.row_names = {"2", "3", "4", "8"};
  map.column_names = {"sigmoid", "tanh", "ReLU", "leaky ReLU", "ELU", "GELU"};
  map.rows = 4;
  map.columns = 6;
  for (int i = 0; i < 24; ++i) map.values.push_back((i * 7 % 21) / 20.0);
  save_png(draw(map), folder / "heat_table.png");

  plot::HeatMap signed_map;
  signed_map.title = "Correlation";
  signed_map.rows = signed_map.columns = 5;
  signed_map.row_names = signed_map.column_names = {"sepal length", "sepal width", "petal length",
                                                    "petal width", "species"};
  signed_map.colours = plot::ColourScale::kDiverging;
  for (int i = 0; i < 25; ++i) signed_map.values.push_back(std::cos(1.3 * (i / 5 - i % 5)));
  save_png(draw(signed_map), folder / "heat_signed.png");

  plot::HeatMap attention;
  attention.title = "Attention, 64 tokens";
  attention.x_label = "key";
  attention.y_label = "query";
  attention.rows = attention.columns = 64;
  for (int i = 0; i < 64 * 64; ++i) {
    const int q = i / 64;
    const int k = i % 64;
    attention.values.push_back(k > q ? kNan : std::exp(-(q - k) / 6.0));
    if (k == 0) attention.row_names.push_back("token " + std::to_string(q));
  }
  attention.column_names = attention.row_names;
  save_png(draw(attention), folder / "heat_large.png");

  plot::ConfusionMatrix digits;
  digits.title = "MNIST test set";
  for (int i = 0; i < 100; ++i) digits.counts.push_back(i / 10 == i % 10 ? 960 + i : i * 13 % 11);
  save_png(draw(digits), folder / "confusion_digits.png");
  plot::ConfusionMatrix iris;
  iris.title = "Iris";
  iris.classes = {"setosa", "versicolor", "virginica"};
  iris.counts = {50, 0, 0, 0, 47, 3, 0, 2, 48};
  save_png(draw(iris), folder / "confusion_iris.png");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: plot_gallery FOLDER\n");
    return 2;
  }
  try {
    const Folder folder = argv[1];
    common::base::make_folder(folder);
    line_charts(folder);
    odd_charts(folder);
    decision_maps(folder);
    image_grids(folder);
    heat_maps(folder);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
