#include "tests/dist/rank_checks.h"

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/dist/sync_batch_norm.h"

namespace tests {
using namespace common::dist;
using at::Tensor;
using common::base::require;
namespace {

double largest_difference(const Tensor& a, const Tensor& b) {
  return (a - b).abs().max().item<double>();
}

void require_close(const Tensor& a, const Tensor& b, double tolerance, const std::string& what) {
  const double difference = largest_difference(a, b);
  require(difference <= tolerance,
          what + " differs by " + std::to_string(difference * 1e12) + "e-12");
}

}  // namespace

Tensor numbers(at::IntArrayRef shape, std::uint64_t seed) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  return at::randn(shape, generator, at::kDouble);
}

Net::Net(std::int64_t width) {
  torch::manual_seed(1);
  layers = torch::nn::Sequential(torch::nn::Linear(6, width), torch::nn::Linear(width, width),
                                 torch::nn::Linear(width, 2));
  layers->to(at::kDouble);
}

NamedParameters Net::parameters() const {
  NamedParameters all;
  for (const auto& item : layers->named_parameters()) all.emplace_back(item.key(), item.value());
  return all;
}

DataParallelOptions small_buckets(bool bf16) {
  DataParallelOptions options;
  options.bucket_bytes = 4096;
  options.first_bucket_bytes = 512;
  options.bf16 = bf16;
  return options;
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

}  // namespace tests
