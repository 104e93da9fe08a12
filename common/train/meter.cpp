#include "common/train/meter.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace common::train {

void Meter::start() {
  running_ = true;
  began_ = Clock::now();
}

void Meter::pause() {
  seconds_ = seconds();
  running_ = false;
}

double Meter::seconds() const {
  return seconds_ + (running_ ? std::chrono::duration<double>(Clock::now() - began_).count() : 0);
}

void Meter::add(const Judgement& judged, double share) {
  const auto add_to = [share](at::Tensor& sum, const at::Tensor& number) {
    if (!number.defined()) return;
    const at::Tensor value = number.detach().to(at::kFloat) * share;
    sum = sum.defined() ? sum + value : value;
  };
  add_to(loss_sum_, judged.loss);
  add_to(accuracy_sum_, judged.accuracy);
}

void Meter::count(std::int64_t samples) {
  ++steps_;
  samples_ += samples;
}

Meter::Reading Meter::read() {
  Reading reading;
  if (steps_ == 0) return reading;
  const auto steps = static_cast<double>(steps_);
  reading.loss = loss_sum_.item<double>() / steps;  // waits for the device
  if (accuracy_sum_.defined()) reading.accuracy = accuracy_sum_.item<double>() / steps;
  const double passed = seconds() - seconds_read_;
  reading.samples_per_s = static_cast<double>(samples_ - samples_read_) / std::max(passed, 1e-9);
  loss_sum_.reset();
  accuracy_sum_.reset();
  steps_ = 0;
  samples_read_ = samples_;
  seconds_read_ = seconds();
  return reading;
}

base::Metrics Meter::speed(double flops_an_image, double peak_flops_per_s) const {
  const double rate = static_cast<double>(samples()) / seconds();
  const double flops_per_s = 3 * flops_an_image * rate;
  return {{"train_seconds", seconds()},
          {"images_per_s", rate},
          {"flops_per_s", flops_per_s},
          {"share_of_peak", flops_per_s / peak_flops_per_s}};
}

Part Meter::part(const Ranks& ranks) {
  Part part;
  part.name = "meter";
  part.tensors = [this, ranks] {
    base::NamedTensors state;
    if (loss_sum_.defined()) state["loss"] = ranks.all_gather(loss_sum_).mean(0);
    if (accuracy_sum_.defined()) state["accuracy"] = ranks.all_gather(accuracy_sum_).mean(0);
    return state;
  };
  part.load_tensors = [this](const base::NamedTensors& state) {
    const auto find = [&](const char* name) {
      const auto found = state.find(name);
      return found == state.end() ? at::Tensor() : found->second;
    };
    loss_sum_ = find("loss");
    accuracy_sum_ = find("accuracy");
  };
  part.numbers = [this] {
    return base::Json{{"steps", steps_},
                      {"samples", samples_},
                      {"samples_read", samples_read_},
                      {"seconds", seconds()},
                      {"seconds_read", seconds_read_}};
  };
  part.load_numbers = [this](const base::Json& json) {
    steps_ = json.at("steps");
    samples_ = json.at("samples");
    samples_read_ = json.at("samples_read");
    seconds_ = json.at("seconds");
    seconds_read_ = json.at("seconds_read");
  };
  return part;
}

}  // namespace common::train
