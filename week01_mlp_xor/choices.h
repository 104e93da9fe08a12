// What can be chosen in week 01, and the names that settings use for it. Without LibTorch.
#pragma once

#include <string>
#include <vector>

namespace week01 {

enum class Activation { kSigmoid, kTanh, kRelu, kLeakyRelu, kElu, kGelu };
enum class Output { kLinear, kSigmoid, kSoftmax };
enum class Loss { kMse, kHuber, kBinaryCrossEntropy, kCategoricalCrossEntropy };
enum class Init { kXavier, kHe, kSmallNormal };
enum class Rule { kSgd, kMomentum, kRmsProp, kAdam };

/// The names, in the order of the enums.
const std::vector<std::string>& activation_names();
const std::vector<std::string>& output_names();
const std::vector<std::string>& loss_names();
const std::vector<std::string>& init_names();
const std::vector<std::string>& rule_names();

/// The way back. Errors: `Error` for a name that is not among them.
Activation activation_named(const std::string& name);
Output output_named(const std::string& name);
Loss loss_named(const std::string& name);
Init init_named(const std::string& name);
Rule rule_named(const std::string& name);

/// Returns whether this output and loss belong together: cross-entropy wants probabilities, binary
/// from sigmoid, categorical from softmax; squared error and Huber take any output.
bool defined(Output output, Loss loss);

}  // namespace week01
