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

void Meter::add(const at::Tensor& loss) {
  const at::Tensor value = loss.detach().to(at::kFloat);
  loss_sum_ = loss_sum_.defined() ? loss_sum_ + value : value;
}

void Meter::count(std::int64_t samples) {
  ++steps_;
  samples_ += samples;
}

Meter::Reading Meter::read() {
  Reading reading;
  if (steps_ == 0) return reading;
  reading.loss = loss_sum_.item<double>() / static_cast<double>(steps_);  // waits for the device
  const double passed = seconds() - seconds_read_;
  reading.samples_per_s = static_cast<double>(samples_ - samples_read_) / std::max(passed, 1e-9);
  loss_sum_.reset();
  steps_ = 0;
  samples_read_ = samples_;
  seconds_read_ = seconds();
  return reading;
}

Part Meter::part(const Ranks& ranks) {
  Part part;
  part.name = "meter";
  part.tensors = [this, ranks] {
    if (!loss_sum_.defined()) return base::NamedTensors{};
    return base::NamedTensors{{"loss", ranks.all_gather(loss_sum_).mean(0)}};
  };
  part.load_tensors = [this](const base::NamedTensors& state) {
    const auto found = state.find("loss");
    loss_sum_ = found == state.end() ? at::Tensor() : found->second;
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
