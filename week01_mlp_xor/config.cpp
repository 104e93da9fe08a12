#include "week01_mlp_xor/config.h"

#include <cmath>
#include <numbers>

#include "common/base/error.h"

namespace week01 {
using common::base::require;
namespace {

std::vector<std::string> auto_or(std::vector<std::string> names) {
  names.insert(names.begin(), "auto");
  return names;
}

}  // namespace

void describe(common::base::Settings& s, Config& c) {
  s.add("data", &c.data, "what is learned")
      .one_of({"xor", "circles", "spirals", "iris", "mnist", "csv"});
  s.add("csv", &c.csv, "file of --data csv: columns of numbers, the last is the class").path();
  s.add("points", &c.points, "points drawn for circles and spirals").range(4, 100'000);
  s.add("noise", &c.noise, "deviation added to circles and spirals").range(0, 10);
  s.add("hidden", &c.hidden, "units of each hidden layer").range(1, 8192).count(0, 16);
  s.add("activation", &c.activation, "of the hidden units").one_of(activation_names());
  s.add("output", &c.output, "function of the last layer").one_of(auto_or(output_names()));
  s.add("loss", &c.loss, "what is made small").one_of(auto_or(loss_names()));
  s.add("init", &c.init, "how the weights are drawn").one_of(init_names());
  s.add("init-from", &c.init_from, "begin from this network (JSON, as the page saves) instead")
      .path();
  s.add("optimizer", &c.optimizer, "update rule").one_of(rule_names());
  s.add("lr", &c.lr, "learning rate per step").range(0, 1000);
  s.add("schedule", &c.schedule, "of the learning rate").one_of({"constant", "linear", "cosine"});
  s.add("momentum", &c.momentum, "of the optimizer momentum").range(0, 0.9999);
  s.add("beta1", &c.beta1, "Adam's memory of gradients").range(0, 0.9999);
  s.add("beta2", &c.beta2, "Adam's memory of squared gradients").range(0, 0.999999);
  s.add("l2", &c.l2, "penalty l2/2 on squared weights").range(0, 10);
  s.add("dropout", &c.dropout, "share of hidden units dropped").range(0, 0.95);
  s.add("input-dropout", &c.input_dropout, "share of inputs dropped").range(0, 0.95);
  s.add("epochs", &c.epochs, "passes over the training data").range(1, 1'000'000);
  s.add("batch-size", &c.batch_size, "samples a step; 0: all").range(0, 1'000'000);
  s.add("folds", &c.folds, "cross-validate with this many folds; 0: one split").range(0, 150);
  s.add("shuffles", &c.shuffles, "cross-validations, each shuffled anew").range(1, 1000);
  s.add("validation", &c.validation, "share of the training data held out in place of the test set")
      .range(0, 0.9);
  s.add("evaluate-every", &c.evaluate_every, "epochs between evaluations; 0: about 100 in all")
      .range(0, 1'000'000);
}

Output output_of(const Config& config, std::int64_t classes) {
  if (config.output != "auto") return output_named(config.output);
  return classes == 2 ? Output::kSigmoid : Output::kSoftmax;
}

Loss loss_of(const Config& config, std::int64_t classes) {
  const Output output = output_of(config, classes);
  if (config.loss == "auto") {
    return output == Output::kSigmoid   ? Loss::kBinaryCrossEntropy
           : output == Output::kSoftmax ? Loss::kCategoricalCrossEntropy
                                        : Loss::kMse;
  }
  const Loss loss = loss_named(config.loss);
  require(defined(output, loss),
          "--loss " + config.loss + " does not go with the output function " +
              output_names()[static_cast<size_t>(output)] +
              "; binary-cross-entropy wants sigmoid, categorical-cross-entropy softmax");
  return loss;
}

double learning_rate(const Config& config, std::int64_t step, std::int64_t steps) {
  const double done = static_cast<double>(step) / static_cast<double>(steps);  // 0 at the start
  if (config.schedule == "linear") return config.lr * (1 - done);
  if (config.schedule == "cosine") return config.lr * (1 + std::cos(std::numbers::pi * done)) / 2;
  return config.lr;
}

}  // namespace week01
