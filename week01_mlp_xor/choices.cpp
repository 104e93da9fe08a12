#include "week01_mlp_xor/choices.h"

#include <algorithm>

#include "common/base/error.h"

namespace week01 {
namespace {

using Names = std::vector<std::string>;

template <class Enum>
Enum named(const Names& names, const std::string& name) {
  const auto at = std::find(names.begin(), names.end(), name);
  common::base::require(at != names.end(), "there is no \"" + name.substr(0, 60) + "\" here");
  return static_cast<Enum>(at - names.begin());
}

}  // namespace

const Names& activation_names() {
  static const Names names = {"sigmoid", "tanh", "relu", "leaky-relu", "elu", "gelu"};
  return names;
}
const Names& output_names() {
  static const Names names = {"linear", "sigmoid", "softmax"};
  return names;
}
const Names& loss_names() {
  static const Names names = {"mse", "huber", "binary-cross-entropy", "categorical-cross-entropy"};
  return names;
}
const Names& init_names() {
  static const Names names = {"xavier", "he", "small-normal"};
  return names;
}
const Names& rule_names() {
  static const Names names = {"sgd", "momentum", "rmsprop", "adam"};
  return names;
}

Activation activation_named(const std::string& n) {
  return named<Activation>(activation_names(), n);
}
Output output_named(const std::string& n) { return named<Output>(output_names(), n); }
Loss loss_named(const std::string& n) { return named<Loss>(loss_names(), n); }
Init init_named(const std::string& n) { return named<Init>(init_names(), n); }
Rule rule_named(const std::string& n) { return named<Rule>(rule_names(), n); }

bool defined(Output output, Loss loss) {
  if (loss == Loss::kBinaryCrossEntropy) return output == Output::kSigmoid;
  if (loss == Loss::kCategoricalCrossEntropy) return output == Output::kSoftmax;
  return true;
}

}  // namespace week01
