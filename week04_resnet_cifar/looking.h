// What the page of week 04 asks of a network: what is in a picture, and where it sees that.
#pragma once

#include <cstdint>
#include <mutex>
#include <stop_token>
#include <vector>

#include "common/base/json.h"
#include "common/web/turns.h"
#include "week04_resnet_cifar/model_file.h"

namespace week04 {

/// A wrong answer about a test image.
struct Mistake {
  int64_t index = 0, truth = 0, answer = 0;
  double probability = 0;  // of the answer
};

/// A network that answers one question at a time, whoever asks.
class Looking {
 public:
  Looking(Model model, torch::Device device);

  const Model& model() const { return model_; }

  /// Returns {"probabilities": [10], "side", "pixels": base64 [side, side, 3], "heat": base64 [10,
  /// side, side]}: Grad-CAM for each class, 0 to 255.
  /// Args: pixels [1, 3, 32, 32], uint8.
  common::base::Json look(const torch::Tensor& pixels);

  /// Looks through test images a hundred at a time, so that look() gets its turn between, until
  /// done or told to stop.
  void find_mistakes(const Images& test, const std::stop_token& stop);

  /// How far find_mistakes is, and what it has found, the surest first.
  struct Progress {
    int64_t looked = 0, right = 0, of = 0;
    std::vector<Mistake> mistakes;
    std::string trouble = {};  // why it ended early
  };
  Progress progress() const;
  /// Notes why find_mistakes ended early, for the page.
  void give_up(const std::string& why);

 private:
  Model model_;
  torch::Device device_;
  size_t stage_;                // whose maps look() shows
  common::web::Turns network_;  // one question at a time
  mutable std::mutex found_;
  Progress progress_;  // guarded by found_
};

}  // namespace week04
