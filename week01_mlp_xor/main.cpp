// Week 01: a multi-layer perceptron by hand learns XOR, Iris, two spirals and MNIST.
//
// Learned here: forward and backward passes as matrix products, losses, initialisation, update
// rules, and how to check them against a framework.
//   ./dev run week01_mlp_xor                    four of four right, pictures in runs/
//   ./dev run week01_mlp_xor serve              the playground, in the browser
//   ./dev run week01_mlp_xor --preset mnist     98.2 % or more of the test set in under a minute
#include "common/base/program.h"
#include "week01_mlp_xor/commands.h"

int main(int argc, char** argv) {
  using namespace week01;
  common::base::Program week(
      "week01_mlp_xor", "Week 01: a multi-layer perceptron, written by hand, learns XOR and more.");
  week.command<Config>("train", "train a preset's network; curves and pictures", "xor", describe,
                       train);
  week.command<CompareConfig>("compare", "by hand against torch::nn: values and speed", "xor",
                              describe, compare);
  week.command<TableConfig>("table", "how often XOR is solved, by width, activation, optimizer", "",
                            describe, table);
  week.command<OptimizersConfig>("optimizers", "SGD, momentum, RMSProp and Adam in one picture",
                                 "spirals", describe, optimizers);
  week.command<NoConfig>("activations", "draw every activation with its derivative", "", describe,
                         activations);
  week.page<ServeConfig>("serve", "the playground: a page to watch and steer a network", describe,
                         serve);
  week.command<FramesConfig>("frames", "how many pictures a second the playground gets", "",
                             describe, frames);
  return week.main(argc, argv);
}
