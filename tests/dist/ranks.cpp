// dist_ranks TASK: what a rank of the tests does. TASK may end in ":" and a word of the caller's.
// Ends with 0 when all that it saw is right. dist_ranks N TASK starts N of them.
#include <ATen/ATen.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <thread>

#include "common/base/error.h"
#include "common/base/interrupt.h"
#include "common/dist/data_parallel.h"
#include "common/dist/group.h"
#include "common/dist/launch.h"
#include "common/dist/sync_batch_norm.h"

namespace {
using namespace common::dist;
using at::Tensor;
using common::base::require;

Rendezvous short_rendezvous(int seconds = 20) {
  Rendezvous r = rendezvous_from_environment();
  r.timeout = std::chrono::seconds(seconds);
  return r;
}

std::string text_of(const char* file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

double largest_difference(const Tensor& a, const Tensor& b) {
  return (a - b).abs().max().item<double>();
}

void require_close(const Tensor& a, const Tensor& b, double tolerance, const std::string& what) {
  const double difference = largest_difference(a, b);
  require(difference <= tolerance,
          what + " differs by " + std::to_string(difference * 1e12) + "e-12");
}

Tensor numbers(at::IntArrayRef shape, std::uint64_t seed) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  return at::randn(shape, generator, at::kDouble);
}

void check_collectives(const Group& group) {
  const auto [rank, size] = group.world();
  Tensor sum = at::full({3}, static_cast<double>(rank + 1), at::kDouble);
  group.all_reduce_(sum);
  require_close(sum, at::full({3}, static_cast<double>(size * (size + 1)) / 2, at::kDouble), 0,
                "the sum");
  Tensor from_last = at::scalar_tensor(rank, at::kLong);
  group.broadcast_(from_last, size - 1);
  require(from_last.item<std::int64_t>() == size - 1, "broadcast gave something else");
  const Tensor all = group.all_gather(at::tensor({rank, rank * rank}));
  require(all.equal(at::stack({at::arange(size), at::arange(size).square()}, 1)),
          "gather gave something else");
  if (size == 1) return;
  Tensor received = at::zeros({100'000});
  group.send_receive(at::full({100'000}, static_cast<double>(rank)), (rank + 1) % size, received,
                     (rank + size - 1) % size);
  require(received.eq((rank + size - 1) % size).all().item<bool>(), "exchange gave something else");
  group.barrier();
}

// A network with enough parameters for several buckets, and its loss on some samples.
struct Net {
  torch::nn::Sequential layers;
  explicit Net(std::int64_t width = 40) {
    torch::manual_seed(1);
    layers = torch::nn::Sequential(torch::nn::Linear(6, width), torch::nn::Linear(width, width),
                                   torch::nn::Linear(width, 2));
    layers->to(at::kDouble);
  }
  Tensor loss(const Tensor& x) { return layers->forward(x).square().mean(); }
  NamedParameters parameters() const {
    NamedParameters all;
    for (const auto& item : layers->named_parameters()) all.emplace_back(item.key(), item.value());
    return all;
  }
};

DataParallelOptions small_buckets(bool bf16 = false) {
  DataParallelOptions options;
  options.bucket_bytes = 4096;
  options.first_bucket_bytes = 512;
  options.bf16 = bf16;
  return options;
}

// Two micro-batches a step: the ranks' gradients equal those of one process with all samples.
void check_average(const Group& group, bool bf16) {
  const auto [rank, size] = group.world();
  const Tensor x = numbers({2, 4 * size, 6}, 7);
  Net alone, together;
  DataParallel parallel(group, together.parameters(), {}, small_buckets(bf16));
  for (int step = 0; step < 3; ++step) {  // after the first, buckets are put together anew
    alone.layers->zero_grad();
    together.layers->zero_grad();
    for (std::int64_t micro = 0; micro < 2; ++micro) {
      alone.loss(x[micro]).backward();
      const Tensor loss = together.loss(x[micro].slice(0, 4 * rank, 4 * rank + 4));
      if (micro == 1) parallel.before_backward(loss);
      loss.backward();
      const Tensor first = together.layers->parameters()[0].grad();
      const bool same = group.all_gather(first).eq(first).all().item<bool>();
      require(same == (micro == 1 || size == 1),
              "gradients are to be averaged in the last micro-batch of a step only");
    }
    for (std::size_t i = 0; i < alone.layers->parameters().size(); ++i) {
      const Tensor wanted = alone.layers->parameters()[i].grad(),
                   found = together.layers->parameters()[i].grad();
      require_close(found, wanted, bf16 ? 2e-2 * wanted.abs().max().item<double>() : 1e-14,
                    "a gradient");
      if (bf16) require(!found.equal(wanted), "nothing was rounded to bf16");
    }
    const CommunicationTimes times = parallel.times();
    require(times.buckets.size() >= 3, "wanted several buckets");
    std::int64_t bytes = 0;
    for (const auto& bucket : times.buckets) bytes += bucket.bytes;
    std::int64_t wanted = 0;
    for (const auto& parameter : alone.layers->parameters())
      wanted += parameter.numel() * (bf16 ? 2 : 8);
    require(bytes == wanted,
            std::to_string(bytes) + " bytes were sent, wanted " + std::to_string(wanted));
    require(times.buckets.front().begin_s < times.backward_s,
            "the first bucket left only after backward");
    require(times.busy_s() > 0 && times.exposed_s() <= times.busy_s(), "the times do not add up");
  }
}

void check_unequal_networks(const Group& group) {
  Net net(group.world().rank == 0 ? 40 : 41);
  DataParallel parallel(group, net.parameters(), {});
}

void check_start_is_rank_0s(const Group& group) {
  const double rank = static_cast<double>(group.world().rank);
  torch::nn::Conv2d conv(torch::nn::Conv2dOptions(3, 4, 1));
  torch::nn::BatchNorm2d norm(4);
  NamedParameters parameters, buffers;
  {
    const at::NoGradGuard no_grad;
    for (auto* module : std::initializer_list<torch::nn::Module*>{conv.get(), norm.get()}) {
      for (auto& item : module->named_parameters()) {
        parameters.emplace_back(item.key(), item.value().fill_(rank + 1));
      }
    }
    for (auto& item : norm->named_buffers())
      buffers.emplace_back(item.key(), item.value().fill_(rank + 5));
  }
  DataParallel parallel(group, parameters, buffers);
  for (const auto& [name, tensor] : parameters)
    require(tensor.eq(1).all().item<bool>(), name + " is not rank 0's");
  for (const auto& [name, tensor] : buffers)
    require(tensor.eq(5).all().item<bool>(), name + " is not rank 0's");
  // The forward pass moves the running statistics, on each rank by its own images.
  const Tensor loss = norm(conv(numbers({2, 3, 5, 5}, 3).to(at::kFloat) + rank)).square().mean();
  Tensor mean = norm->running_mean.clone();
  group.broadcast_(mean);
  require(group.world().is_main() == norm->running_mean.equal(mean),
          "every rank saw the same images");
  parallel.before_backward(loss);
  loss.backward();
  require(norm->running_mean.equal(mean), "running statistics are not rank 0's");
}

void check_unused(const Group& group) {
  Net net;
  NamedParameters parameters = net.parameters();
  parameters.emplace_back("forgotten.weight", at::ones({3}, at::kDouble).requires_grad_());
  DataParallel parallel(group, parameters, {});
  parallel.before_backward(net.loss(numbers({2, 6}, 3)));
}

// Shares of a batch of 7: unequal, and with three ranks or more one rank has none.
void check_norm(const Group& group) {
  const auto [rank, size] = group.world();
  std::vector<std::int64_t> begins = {0, 5};
  while (static_cast<std::int64_t>(begins.size()) <= size) begins.push_back(7);
  begins[static_cast<std::size_t>(size)] = 7;
  const auto share = [&, r = static_cast<std::size_t>(rank)](const Tensor& t) {
    return t.slice(0, begins[r], begins[r + 1]);
  };
  torch::nn::BatchNorm2d alone(3), together(3);
  for (auto* layer : {&alone, &together}) {
    (*layer)->to(at::kDouble);
    const at::NoGradGuard no_grad;
    (*layer)->weight.copy_(numbers({3}, 1));
    (*layer)->bias.copy_(numbers({3}, 2));
  }
  for (int step = 0; step < 2; ++step) {
    const Tensor all = numbers({7, 3, 4, 5}, 10 + step) * 3 + 100,
                 weight = numbers({7, 3, 4, 5}, 20);
    Tensor x = all.clone().requires_grad_(), mine = share(all).clone().requires_grad_();
    const Tensor y = alone(x), out = sync_batch_norm(group, together, mine);
    require_close(at::cat({out, at::zeros({1, 3, 4, 5}, at::kDouble)}),
                  at::cat({share(y), at::zeros({1, 3, 4, 5}, at::kDouble)}), 1e-10, "the output");
    (y * weight).sum().backward();
    (out * share(weight)).sum().backward();
    const Tensor nothing = at::zeros({1, 3, 4, 5}, at::kDouble);
    require_close(at::cat({mine.grad(), nothing}), at::cat({share(x.grad()), nothing}), 1e-10,
                  "the gradient of x");
  }
  Tensor gradient = together->weight.grad().clone();
  group.all_reduce_(gradient);
  require_close(gradient, alone->weight.grad(), 1e-9, "the gradient of the weight");
  gradient = together->bias.grad().clone();
  group.all_reduce_(gradient);
  require_close(gradient, alone->bias.grad(), 1e-9, "the gradient of the bias");
  require_close(together->running_mean, alone->running_mean, 1e-10, "the running mean");
  require_close(together->running_var, alone->running_var, 1e-10, "the running variance");
  require(together->num_batches_tracked.item<std::int64_t>() == 2, "batches were not counted");
  together->eval();
  alone->eval();
  const Tensor x = numbers({2, 3, 4, 5}, 30);
  require_close(sync_batch_norm(group, together, x), alone(x), 1e-9, "the output in eval mode");
}

// The rank ends without a word, the others are in the middle of something.
void lose(const Group& group, std::int64_t who) {
  group.barrier();
  if (group.world().rank == who) std::raise(SIGKILL);
  Tensor some = at::ones({1000});
  for (;;) group.all_reduce_(some);
}

// Rank 0, which has the store, lives but answers nothing: as when its machine froze.
void freeze_0(const Group& group) {
  group.barrier();
  if (group.world().rank == 0) std::raise(SIGSTOP);
  Tensor some = at::ones({1000});
  for (;;) group.all_reduce_(some);
}

// Rank 1 ends; rank 2 computes meanwhile, for longer than rank 0 waits for anybody.
void lose_while_computing(const Group& group) {
  group.barrier();
  if (group.world().rank == 1) std::raise(SIGKILL);
  if (group.world().rank == 2) std::this_thread::sleep_for(std::chrono::seconds(14));
  group.barrier();
}

// Gradients of the rank never come.
void lose_in_backward(const Group& group) {
  Net net;
  DataParallel parallel(group, net.parameters(), {}, small_buckets());
  for (;;) {
    const Tensor loss = net.loss(numbers({2, 6}, 3));
    parallel.before_backward(loss);
    if (group.world().rank == 1) std::raise(SIGKILL);
    group.watch([&] { loss.backward(); });
  }
}

// Rank 0 interrupts `whom`; every rank saves and ends.
void save_when_interrupted(const Rendezvous& r, pid_t whom) {
  common::base::catch_interrupts(/*by_parent=*/true);
  const Group group(r, at::kCPU);
  group.barrier();  // now all catch them
  if (r.world.rank == 0) ::kill(whom, SIGTERM);
  while (!common::base::interrupted()) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  std::printf("rank %d saved\n", static_cast<int>(r.world.rank));
  throw common::base::Interrupted();
}

int run(const std::string& task) {
  const Rendezvous r = short_rendezvous();
  const std::int64_t rank = r.world.rank;
  const std::map<std::string, std::function<void()>> tasks = {
      {"collectives", [&] { check_collectives(Group(r, at::kCPU)); }},
      {"two-hosts",
       [&] {
         Rendezvous at_own = r;
         at_own.own_address = "127.0.0." + std::to_string(rank + 2);
         const Group group(at_own, at::kCPU);
         check_collectives(group);
         // As the kernel writes it: hexadecimal, the last number first.
         const std::string own = std::to_string(rank + 2) + "00007F:";
         require(text_of("/proc/self/net/tcp").find(own) != std::string::npos,
                 "nothing listens or talks at " + at_own.own_address);
         group.barrier();
       }},
      {"one-with-itself",
       [&] {
         const Group group(r, at::kCPU);
         require(group.process_group() != nullptr, "one rank that was launched forms no group");
         check_collectives(group);
         check_average(group, false);
         check_norm(group);
       }},
      {"average", [&] { check_average(Group(r, at::kCPU), false); }},
      {"average-bf16", [&] { check_average(Group(r, at::kCPU), true); }},
      {"start", [&] { check_start_is_rank_0s(Group(r, at::kCPU)); }},
      {"unequal", [&] { check_unequal_networks(Group(r, at::kCPU)); }},
      {"unused", [&] { check_unused(Group(r, at::kCPU)); }},
      {"norm", [&] { check_norm(Group(r, at::kCPU)); }},
      {"lose-0", [&] { lose(Group(r, at::kCPU), 0); }},
      {"lose-1", [&] { lose(Group(r, at::kCPU), 1); }},
      {"lose-while-computing", [&] { lose_while_computing(Group(r, at::kCPU)); }},
      {"freeze-0", [&] { freeze_0(Group(short_rendezvous(4), at::kCPU)); }},
      {"lose-in-backward", [&] { lose_in_backward(Group(r, at::kCPU)); }},
      {"stay-away",
       [&] {
         if (rank == 1) std::this_thread::sleep_for(std::chrono::seconds(7));
         if (rank != 1) Group(short_rendezvous(3), at::kCPU);
       }},
      {"nobody-serves",
       [&] {
         if (rank != 0)
           Group(short_rendezvous(1), at::kCPU);
         else
           std::this_thread::sleep_for(std::chrono::seconds(3));
       }},
      {"say",
       [&] {
         std::printf("a line of rank %d\nand one without end", static_cast<int>(rank));
         std::fprintf(stderr, "said aside by %d\n", static_cast<int>(rank));
       }},
      {"fail",
       [&] {
         if (rank == 1) throw common::base::Error("rank 1 has had enough");
         std::this_thread::sleep_for(std::chrono::minutes(10));
       }},
      {"linger",
       [&] {
         if (rank == 0) std::raise(SIGKILL);
         std::this_thread::sleep_for(std::chrono::minutes(10));
       }},
      {"sleep",
       [&] {
         std::this_thread::sleep_for(
             std::chrono::milliseconds(rank == 0 ? 500 : 0));  // the other is there, too
         std::printf("asleep\n");
         std::fflush(stdout);
         std::this_thread::sleep_for(std::chrono::minutes(10));
       }},
      {"until-interrupted", [&] { save_when_interrupted(r, ::getppid()); }},
      {"until-one-is-interrupted", [&] { save_when_interrupted(r, ::getpid()); }},
  };
  tasks.at(task.substr(0, task.find(':')))();
  return 0;
}

// Ctrl-C reaches the parent alone, as launch() wants it.
int launch_ranks(const std::string& count, const std::string& task) {
  common::base::catch_interrupts();
  const double grace_s = task == "lose-while-computing" ? 30 : 8;
  return launch("/proc/self/exe", {task}, std::stoll(count), {.grace_s = grace_s});
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 3) return launch_ranks(argv[1], argv[2]);
    return argc == 2 ? run(argv[1]) : 64;
  } catch (const common::base::Interrupted&) {
    return 130;
  } catch (const common::base::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 3;
  }
}
