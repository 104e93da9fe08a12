#include "week09_ddp_imagenet/profile.h"

#include <ATen/ATen.h>

#include <chrono>

#include "common/base/progress.h"
#include "common/base/text.h"
#include "week09_ddp_imagenet/by_hand.h"
#include "week09_ddp_imagenet/report.h"
#include "week09_ddp_imagenet/session.h"

namespace week09 {
using common::base::formatted;
using common::base::Metrics;
using common::base::Run;
using common::dist::CommunicationTimes;
using torch::Tensor;
namespace {

using Clock = std::chrono::steady_clock;

// Adds the seconds since the last mark to something. With a GPU the mark waits for it.
class Marks {
 public:
  explicit Marks(torch::Device device) : device_(device) {}
  void start() { last_ = now(); }
  void add_to(double& seconds) {
    const auto time = now();
    seconds += std::chrono::duration<double>(time - last_).count();
    last_ = time;
  }

 private:
  Clock::time_point now() const {
    if (device_.is_cuda()) at::empty({1}, device_).item<float>();  // comes after all that is queued
    return Clock::now();
  }
  torch::Device device_;
  Clock::time_point last_;
};

// Averages the session's gradients in one of the ways that --averaging names.
struct Averager {
  Averager(Session& session, const std::string& how) : s(session), way(how) {
    if (way == "overlapped") parallel.emplace(data_parallel(s));
  }

  void before_backward(const Tensor& loss) {
    if (parallel) parallel->before_backward(loss);
  }
  void after_backward() {
    if (parallel || s.group.world().size == 1) return;
    std::vector<Tensor> gradients;
    for (const Tensor& parameter : s.network->parameters()) gradients.push_back(parameter.grad());
    by_hand::average(gradients, s.group.world(), [&](const Tensor& row) {
      if (way == "flat") s.group.sum_(row);
      if (way == "ring") {
        by_hand::ring_all_reduce(row, s.group.world(),
                                 [&](const Tensor& sent, int64_t to, const Tensor& received,
                                     int64_t from) { s.group.exchange(sent, to, received, from); });
      }
    });
  }

  Session& s;
  std::string way;
  std::optional<common::dist::DataParallel> parallel;
};

void print_phases(Run& run, const Phases& p) {
  std::vector<std::vector<std::string>> rows;
  const auto row = [&](const char* name, double seconds) {
    rows.push_back(
        {name, formatted("%.1f", 1e3 * seconds), formatted("%.1f %%", 100 * seconds / p.step_s())});
  };
  row("data", p.data_s);
  row("forward", p.forward_s);
  row("backward", p.backward_s);
  row("communication that backward does not hide", p.communication_s);
  row("optimizer", p.optimizer_s);
  row("step", p.step_s());
  row("(communication hidden in backward)", p.hidden_s);
  run.table("phases", {"part of a step", "ms", "share"}, rows);
}

}  // namespace

void describe(common::base::Settings& s, ProfileConfig& c) {
  describe(s, c.config);
  s.add("steps", &c.steps, "steps that are measured").range(1, 100'000);
  s.add("warm-up", &c.warm_up, "steps before them").range(0, 1000);
  s.add("averaging", &c.averaging,
        "of gradients: overlapped (while backward runs), flat (all at once, afterwards), ring (the "
        "same by hand)")
      .one_of({"overlapped", "flat", "ring"});
}

Metrics profile(const ProfileConfig& c, Run& run) {
  Session s(c.config, run);
  Averager averager(s, c.averaging);
  const auto parameters = s.network->parameters();
  s.network->train();

  Phases sum;
  CommunicationTimes times;
  double loss_value = 0, bytes = 0;
  Marks marks(s.device);
  common::base::Progress progress("profiling", c.warm_up + c.steps, "steps", 0,
                                  s.group.world().is_main() ? stderr : nullptr);
  s.group.watch([&] {
    for (int64_t step = 0; step < c.warm_up + c.steps; ++step) {
      if (step == c.warm_up) {
        sum = {};
        bytes = 0;
        s.group.barrier();
      }
      const auto rates = s.training.schedule(step % s.training.steps);
      s.optimizer.zero_grad();
      marks.start();
      const Batch batch = s.next();
      marks.add_to(sum.data_s);
      Tensor loss;
      {
        const common::train::Autocast autocast(s.device, s.precision.type);
        loss = s.loss_of(batch);
      }
      marks.add_to(sum.forward_s);
      averager.before_backward(loss);
      double backward_s = 0;
      loss.backward();
      marks.add_to(backward_s);
      averager.after_backward();
      marks.add_to(sum.communication_s);
      if (averager.parallel) {  // backward returned when the last bucket was there
        times = averager.parallel->times();
        backward_s -= times.exposed_s();
        sum.communication_s += times.exposed_s();
        sum.hidden_s += times.busy_s() - times.exposed_s();
        for (const auto& bucket : times.buckets) bytes += static_cast<double>(bucket.bytes);
      }
      sum.backward_s += backward_s;
      marks.start();
      s.optimizer.step(step, rates);
      marks.add_to(sum.optimizer_s);
      loss_value = s.group.gather(loss.detach().to(at::kCPU, at::kDouble)).mean().item<double>();
      progress.update(step + 1);
    }
  });
  const auto steps = static_cast<double>(c.steps);
  for (double* part : {&sum.data_s, &sum.forward_s, &sum.backward_s, &sum.communication_s,
                       &sum.optimizer_s, &sum.hidden_s}) {
    *part /= steps;
  }
  print_phases(run, sum);
  draw_step(run, sum, times);
  const auto images = static_cast<double>(c.config.batch_size / c.config.accumulate);
  s.group.barrier();  // rank 0 has the store: it must not be the first to leave
  return {{"images_per_s", images / sum.step_s()},
          {"data_ms", 1e3 * sum.data_s},
          {"forward_ms", 1e3 * sum.forward_s},
          {"backward_ms", 1e3 * sum.backward_s},
          {"communication_ms", 1e3 * sum.communication_s},
          {"optimizer_ms", 1e3 * sum.optimizer_s},
          {"hidden_ms", 1e3 * sum.hidden_s},
          {"sent_mb", bytes / steps / 1e6},
          {"ranks", static_cast<double>(s.group.world().size)},
          {"loss", loss_value}};
}

}  // namespace week09
