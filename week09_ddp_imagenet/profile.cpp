#include "week09_ddp_imagenet/profile.h"

#include <ATen/ATen.h>

#include <chrono>

#include "common/base/error.h"
#include "common/base/expect.h"
#include "common/base/interrupt.h"
#include "common/base/progress.h"
#include "common/base/text.h"
#include "common/nn/modules.h"
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

constexpr double Phases::*kParts[] = {&Phases::data_s,      &Phases::forward_s,
                                      &Phases::backward_s,  &Phases::communication_s,
                                      &Phases::optimizer_s, &Phases::hidden_s};

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
      if (way == "flat") s.group.all_reduce_(row);
      if (way == "ring") {
        by_hand::ring_all_reduce(
            row, s.group.world(),
            [&](const Tensor& sent, int64_t to, const Tensor& received, int64_t from) {
              s.group.send_receive(sent, to, received, from);
            });
      }
    });
  }

  Session& s;
  std::string way;
  std::optional<common::dist::DataParallel> parallel;
};

// Whether a rank has had Ctrl-C: all must stop in the same step.
bool interrupted_anywhere(const Session& s) {
  const double here = common::base::interrupted() ? 1 : 0;
  const Tensor ranks = at::full({1}, here, at::TensorOptions().device(s.device));
  s.group.all_reduce_(ranks);
  return ranks.item<double>() > 0;
}

// As many zeros as all gradients, as they are sent.
Tensor row_of_gradients(const Session& s) {
  const auto type = s.config.compress ? at::kBFloat16 : s.network->fc->weight.scalar_type();
  return at::zeros({common::nn::count_parameters(*s.network)},
                   at::TensorOptions().dtype(type).device(s.device));
}

// Seconds in which a sum over them takes place when nothing else does.
double all_reduce_s(const Session& s, const Tensor& row) {
  std::vector<double> times;
  Marks marks(s.device);
  for (int64_t turn = 0; turn < 5; ++turn) {
    s.group.barrier();
    marks.start();
    s.group.all_reduce_(row);
    marks.add_to(times.emplace_back(0));
  }
  return common::base::median(times);
}

// Args: `sees_sending`: whether it is known when gradients are on their way; of a GPU it is not.
void print_phases(Run& run, const Phases& p, bool sees_sending) {
  std::vector<std::vector<std::string>> rows;
  const auto row = [&](const char* name, double seconds) {
    rows.push_back(
        {name, formatted("%.1f", 1e3 * seconds), formatted("%.1f %%", 100 * seconds / p.step_s())});
  };
  row("data", p.data_s);
  row("forward", p.forward_s);
  row(sees_sending ? "backward" : "backward, and averaging", p.backward_s);
  row(sees_sending ? "communication that backward does not hide" : "other communication",
      p.communication_s);
  row("optimizer", p.optimizer_s);
  row("step", p.step_s());
  if (sees_sending) row("(communication hidden in backward)", p.hidden_s);
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
  common::base::require(!c.config.compress || c.averaging == "overlapped",
                        "--compress wants --averaging overlapped: the others send fp32");
  Session s(c.config, run);
  Averager averager(s, c.averaging);
  s.network->train();

  Phases sum, last;
  CommunicationTimes times;  // of the last step
  Tensor loss;               // of the last step
  Marks marks(s.device), whole(s.device);
  common::base::Progress progress("profiling", c.warm_up + c.steps, "steps", 0,
                                  s.group.world().is_main() ? stderr : nullptr);
  s.group.watch([&] {
    for (int64_t step = 0; step < c.warm_up + c.steps; ++step) {
      if (step == c.warm_up) {
        sum = {};
        s.group.barrier();
        whole.start();
      }
      Phases now;
      const auto rates = s.training.schedule(step % s.training.steps);
      marks.start();
      if (interrupted_anywhere(s)) throw common::base::Interrupted();  // here ranks wait, too
      marks.add_to(now.communication_s);
      s.optimizer.zero_grad();
      marks.add_to(now.optimizer_s);
      for (int64_t i = 0; i < c.config.accumulate; ++i) {
        const bool is_last = i + 1 == c.config.accumulate;
        const Batch batch = s.next();
        Tensor part;  // of the loss
        marks.add_to(now.data_s);
        {
          const common::train::Autocast autocast(s.device, s.precision.type);
          part = s.loss_of(batch) / static_cast<double>(c.config.accumulate);
        }
        loss = i == 0 ? part.detach() : loss + part.detach();
        marks.add_to(now.forward_s);
        if (is_last) averager.before_backward(part);  // rank 0's running statistics go round
        marks.add_to(now.communication_s);
        part.backward();
        marks.add_to(now.backward_s);
      }
      averager.after_backward();
      marks.add_to(now.communication_s);
      if (averager.parallel) {  // backward has returned when the last bucket was there
        times = averager.parallel->times();
        now.backward_s -= times.exposed_s();
        now.communication_s += times.exposed_s();
        now.hidden_s = times.busy_s() - times.exposed_s();
      }
      s.optimizer.step(step, rates);
      marks.add_to(now.optimizer_s);
      for (double Phases::*part : kParts) sum.*part += now.*part;
      last = now;
      progress.update(step + 1);
    }
    s.group.barrier();
  });
  double seconds = 0;
  whole.add_to(seconds);
  const auto steps = static_cast<double>(c.steps);
  for (double Phases::*part : kParts) sum.*part /= steps;
  const bool sees_sending = !s.device.is_cuda() || !averager.parallel;
  print_phases(run, sum, sees_sending);
  draw_step(run, last, times);
  const Tensor row = row_of_gradients(s);
  const double alone_s = all_reduce_s(s, row);
  const Tensor losses = s.group.all_gather(loss.to(at::kCPU, at::kDouble));  // [ranks]
  s.group.barrier();  // rank 0 has the store: it must not be the first to leave
  Metrics metrics = {{"images_per_s", static_cast<double>(c.steps * c.config.batch_size) / seconds},
                     {"data_ms", 1e3 * sum.data_s},
                     {"forward_ms", 1e3 * sum.forward_s},
                     {"backward_ms", 1e3 * sum.backward_s},
                     {"communication_ms", 1e3 * sum.communication_s},
                     {"optimizer_ms", 1e3 * sum.optimizer_s},
                     {"all_reduce_ms", 1e3 * alone_s},
                     {"gradient_mb", static_cast<double>(row.nbytes()) / 1e6},
                     {"ranks", static_cast<double>(s.group.world().size)},
                     {"loss", losses.mean().item<double>()}};
  if (sees_sending) metrics.emplace_back("hidden_ms", 1e3 * sum.hidden_s);
  return metrics;
}

}  // namespace week09
