#include "week01_mlp_xor/problem.h"

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/data/csv.h"
#include "common/data/fetch.h"
#include "common/data/folds.h"
#include "common/data/mnist.h"
#include "common/data/points.h"
#include "week01_mlp_xor/own_data.h"

namespace week01 {
using torch::Tensor;
namespace data = common::data;
namespace {

Samples from_points(const data::Points& points) {
  const auto n = static_cast<int64_t>(points.x.size());
  Samples samples{torch::empty({n, 2}, torch::kFloat64),
                  torch::tensor(points.label, torch::kInt64)};  // [N, 2], [N]
  auto x = samples.x.accessor<double, 2>();
  for (int64_t i = 0; i < n; ++i) {
    x[i][0] = points.x[static_cast<size_t>(i)][0];
    x[i][1] = points.x[static_cast<size_t>(i)][1];
  }
  return samples;
}

Samples load_mnist(const std::filesystem::path& folder, data::MnistPart part) {
  data::Mnist mnist = data::read_mnist(folder, part);
  const int64_t features = data::Mnist::kSide * data::Mnist::kSide;
  const Tensor bytes =
      torch::from_blob(mnist.images.data(), {mnist.count, features}, torch::kUInt8);
  const Tensor labels = torch::from_blob(mnist.labels.data(), {mnist.count}, torch::kUInt8);
  return {bytes.to(torch::kFloat64).div_(255), labels.to(torch::kInt64)};  // [N, 784], [N]
}

Problem from_table(const std::string& name, const data::Labelled& table) {
  Problem problem{.name = name, .classes = table.classes, .train = {}, .test = {}};
  problem.train.x = torch::tensor(table.x, torch::kFloat64).view({table.rows, table.columns});
  problem.train.label = torch::tensor(table.label, torch::kInt64);
  return problem;
}

Problem read_iris(const std::filesystem::path& folder) {
  const data::Labelled iris = data::labelled(data::read_csv(folder / "iris.csv"));
  common::base::require(iris.rows == 150 && iris.columns == 4 && iris.classes.size() == 3,
                        (folder / "iris.csv").string() + " has " + std::to_string(iris.rows) +
                            " rows of " + std::to_string(iris.columns) +
                            " features, expected 150 of 4 "
                            "in 3 classes; run ./dev data tabular --force");
  return from_table("iris", iris);
}

Problem read_own(const std::string& path) {
  common::base::require(!path.empty(), "--data csv wants --csv FILE");
  const data::Labelled table = read_own_data(common::base::read_file(path, 256'000'000), path);
  common::base::require(table.columns >= 1 && table.classes.size() >= 2,
                        path + ": wanted features and at least two classes, found " +
                            std::to_string(table.columns) + " columns of features and " +
                            std::to_string(table.classes.size()) + " classes");
  constexpr size_t kMostClasses = 1000;
  common::base::require(table.classes.size() <= kMostClasses,
                        path + " has " + std::to_string(table.classes.size()) +
                            " classes, at most " + std::to_string(kMostClasses) +
                            " are taken: is its last column a class?");
  return from_table("csv", table);
}

}  // namespace

Samples select(const Samples& samples, const std::vector<int64_t>& index) {
  const Tensor at = torch::tensor(index, torch::kInt64).to(samples.x.device());
  return {samples.x.index_select(0, at), samples.label.index_select(0, at)};
}

Problem load_problem(const Config& config, const std::filesystem::path& data_dir, uint64_t seed) {
  Problem problem{.name = config.data, .classes = {"0", "1"}, .train = {}, .test = {}};
  if (config.data == "xor") {
    problem.train = from_points(data::xor_points());
  } else if (config.data == "circles" || config.data == "spirals") {
    const auto draw = config.data == "circles" ? data::circles : data::spirals;
    // The points come in pairs, one of each class; every other pair is held out, so that what is
    // held out of a spiral lies between what is trained on.
    const Samples all = from_points(draw(2 * config.points, config.noise, seed));
    std::vector<int64_t> train, held_out;
    for (int64_t i = 0; i < all.size(); ++i) (i / 2 % 2 == 0 ? train : held_out).push_back(i);
    problem.train = select(all, train);
    problem.test = select(all, held_out);
    problem.test_name = "validation";
  } else if (config.data == "iris") {
    problem = read_iris(data::locate("tabular", data_dir));
  } else if (config.data == "csv") {
    problem = read_own(config.csv);
  } else {
    const auto folder = data::locate("mnist", data_dir);
    problem.classes = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    problem.train = load_mnist(folder, data::MnistPart::kTrain);
    if (config.validation == 0) problem.test = load_mnist(folder, data::MnistPart::kTest);
  }
  if (config.validation > 0) {
    const auto parts = data::split(problem.train.size(), config.validation, seed);
    problem.test = select(problem.train, parts.test);
    problem.train = select(problem.train, parts.train);
    problem.test_name = "validation";
  }
  const bool measured = config.data == "iris" || config.data == "csv";  // in units of their own
  if (measured && config.folds == 0) problem.scaling = standardise_(problem.train, problem.test);
  return problem;
}

Scaling standardise_(Samples& train, Samples& test) {
  const Tensor mean = train.x.mean(0);                                   // [D]
  const Tensor deviation = train.x.std(/*dim=*/0, /*unbiased=*/false);   // [D]
  const Tensor scale = torch::where(deviation > 0, 1 / deviation, 0.0);  // [D]
  train.x = (train.x - mean) * scale;
  if (test.size() > 0) test.x = (test.x - mean) * scale;
  const auto numbers = [](const Tensor& t) {
    const Tensor host = t.cpu();
    return std::vector<double>(host.data_ptr<double>(), host.data_ptr<double>() + host.numel());
  };
  return {numbers(mean), numbers(scale)};
}

Tensor targets(const Tensor& label, int64_t outputs) {
  if (outputs == 1) return label.to(torch::kFloat64).unsqueeze(1);  // [N, 1]
  return torch::zeros({label.size(0), outputs},
                      torch::dtype(torch::kFloat64).device(label.device()))
      .scatter_(/*dim=*/1, label.unsqueeze(1), 1.0);  // [N, K]
}

void to_device_(Problem& problem, const torch::Device& device) {
  for (Samples* samples : {&problem.train, &problem.test}) {
    if (samples->size() == 0) continue;
    samples->x = samples->x.to(device);
    samples->label = samples->label.to(device);
  }
}

}  // namespace week01
