#include "week04_resnet_cifar/looking.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

#include "common/base/base64.h"
#include "week04_resnet_cifar/grad_cam.h"

namespace week04 {
using common::base::Json;
using torch::Tensor;
namespace {

std::string bytes_of(const Tensor& tensor) {
  const Tensor bytes = tensor.to(at::kCPU, at::kByte).contiguous();
  return common::base::base64(
      {reinterpret_cast<const char*>(bytes.const_data_ptr<uint8_t>()), bytes.nbytes()});
}

}  // namespace

Looking::Looking(Model model, torch::Device device)
    : model_(std::move(model)),
      device_(device),
      stage_(stage_to_look_at(
          model_.network,
          normalise(at::zeros({1, 3, 32, 32}, at::device(device).dtype(at::kByte))))) {}

Json Looking::look(const Tensor& pixels) {
  const std::lock_guard lock(network_);
  const auto K = static_cast<int64_t>(model_.classes.size());
  const Tensor x = normalise(pixels.to(device_));  // [1, 3, 32, 32]
  const Tensor probabilities = [&] {
    const at::NoGradGuard no_grad;
    return model_.network.logits(x).softmax(1)[0].cpu();  // [K]
  }();
  // The image once for each class: the gradient of each class by the same maps.
  const Tensor heat = grad_cam(model_.network, x.repeat({K, 1, 1, 1}),
                               at::arange(K, x.options().dtype(at::kLong)), stage_);  // [K, 32, 32]
  Json answer;
  for (int64_t k = 0; k < K; ++k) answer["probabilities"].push_back(probabilities[k].item<float>());
  answer["side"] = pixels.size(2);
  answer["pixels"] = bytes_of(pixels[0].permute({1, 2, 0}));
  answer["heat"] = bytes_of((heat * 255).round());
  return answer;
}

void Looking::find_mistakes(const Images& test, const std::stop_token& stop) {
  constexpr int64_t kBatch = 100;
  {
    const std::scoped_lock lock(found_);
    progress_ = {};
    progress_.of = test.size();
  }
  for (int64_t begin = 0; begin < test.size() && !stop.stop_requested(); begin += kBatch) {
    const int64_t end = std::min(test.size(), begin + kBatch);
    Answers answers;
    {
      const std::lock_guard lock(network_);
      answers =
          answer(model_.network,
                 {test.pixels.slice(0, begin, end).to(device_), test.labels.slice(0, begin, end)},
                 /*tta=*/false, at::kFloat);
    }
    const auto [sure, said] = answers.probabilities.max(1);  // [B]
    const std::scoped_lock lock(found_);
    for (int64_t i = 0; i < end - begin; ++i) {
      const auto truth = answers.labels[i].item<int64_t>(), answered = said[i].item<int64_t>();
      if (truth == answered) {
        ++progress_.right;
      } else {
        progress_.mistakes.push_back({begin + i, truth, answered, sure[i].item<double>()});
      }
    }
    progress_.looked = end;
    std::stable_sort(
        progress_.mistakes.begin(), progress_.mistakes.end(),
        [](const Mistake& a, const Mistake& b) { return a.probability > b.probability; });
  }
}

void Looking::give_up(const std::string& why) {
  const std::scoped_lock lock(found_);
  progress_.trouble = why;
}

Looking::Progress Looking::progress() const {
  const std::scoped_lock lock(found_);
  return progress_;
}

}  // namespace week04
