// Lanes: the same gradients as one network, whatever their number, and always the same.
#include "common/train/lanes.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>

namespace {
using at::Tensor;
using common::train::Lanes;

// A network of one matrix for each lane; the loss of micro-batch i is sum((x_i w)^2).
struct Networks {
  std::vector<Tensor> weights;
  std::vector<Tensor> inputs;
  Lanes lanes;

  explicit Networks(int64_t count) {
    at::manual_seed(0);
    for (int64_t i = 0; i < count; ++i) {
      weights.push_back(at::randn({6, 4}, at::kDouble).requires_grad_());
    }
    at::manual_seed(1);
    for (int64_t i = 0; i < 5; ++i) inputs.push_back(at::randn({3, 6}, at::kDouble));
    std::vector<std::vector<Tensor>> replicas;
    for (size_t i = 1; i < weights.size(); ++i) replicas.push_back({weights[i]});
    lanes = Lanes({weights[0]}, replicas);
  }
  Tensor gradient() {
    weights[0].mutable_grad().reset();
    lanes.each(5, [this](int64_t i, int64_t lane) {
      const Tensor& w = weights[static_cast<size_t>(lane)];
      inputs[static_cast<size_t>(i)].mm(w).square().sum().backward();
    });
    return weights[0].grad().clone();
  }
};

TEST(Lanes, GiveTheGradientOfOneNetwork) {
  const Tensor one = Networks(1).gradient();
  for (const int64_t count : {2, 3, 8}) {
    Networks networks(count);
    EXPECT_EQ(networks.lanes.count(), count);
    const Tensor first = networks.gradient();
    EXPECT_TRUE(at::allclose(first, one, 1e-12, 1e-12)) << count;
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(networks.gradient().equal(first)) << count;
  }
}

TEST(Lanes, ShareTheCoresOfTheCaller) {
  const int before = at::get_num_threads();
  at::set_num_threads(4);
  {
    Networks networks(2);
    EXPECT_EQ(networks.lanes.cores_each(), 2);
    std::array<std::atomic<int>, 2> cores{};
    networks.lanes.each(
        2, [&](int64_t i, int64_t) { cores.at(static_cast<size_t>(i)) = at::get_num_threads(); });
    EXPECT_EQ(cores[0], 2);
    EXPECT_EQ(cores[1], 2);
    EXPECT_EQ(at::get_num_threads(), 4) << "the caller has them back";
    EXPECT_EQ(Lanes().cores_each(), 4);
  }
  at::set_num_threads(before);
}

TEST(Lanes, KeepTheirCoresWhateverOtherThreadsSet) {
  const int before = at::get_num_threads();
  at::set_num_threads(4);
  {
    Networks networks(2);
    std::atomic<int> cores = 0;
    std::latch rival(1);
    networks.lanes.each(2, [&](int64_t, int64_t lane) {
      if (lane == 0) {
        std::thread([] { at::set_num_threads(1); }).join();  // LibTorch keeps it for all threads
        rival.count_down();
      } else {
        rival.wait();
        at::parallel_for(0, 1, 1, [](int64_t, int64_t) {});  // looks at the thread's number
        cores = at::get_num_threads();
      }
    });
    EXPECT_EQ(cores, 2);
  }
  at::set_num_threads(before);
}

TEST(Lanes, SeeWhatTheOptimizerDoesToTheFirst) {
  Networks networks(3);
  const at::NoGradGuard no_grad;
  networks.weights[0].fill_(7);
  EXPECT_TRUE(networks.weights[2].eq(7).all().item<bool>());
}

TEST(Lanes, PassOnWhatAMicroBatchThrewAndGoOn) {
  Networks networks(2);
  const auto fail_at = [&](int64_t bad) {
    networks.lanes.each(4, [bad](int64_t i, int64_t) {
      if (i == bad) throw std::runtime_error("broken");
    });
  };
  EXPECT_THROW(fail_at(0), std::runtime_error);
  EXPECT_THROW(fail_at(3), std::runtime_error);
  std::atomic<int> seen = 0;
  networks.lanes.each(4, [&](int64_t, int64_t) { ++seen; });
  EXPECT_EQ(seen, 4);
}

TEST(Lanes, LeaveNothingBehindWhenSeveralThrow) {
  Networks networks(2);
  const Tensor wanted = networks.gradient();
  networks.weights[0].mutable_grad().reset();
  EXPECT_THROW(networks.lanes.each(4,
                                   [&](int64_t i, int64_t lane) {
                                     networks.weights[static_cast<size_t>(lane)].sum().backward();
                                     if (i > 1) throw std::runtime_error("broken");
                                   }),
               std::runtime_error);
  EXPECT_TRUE(networks.gradient().equal(wanted));
}

TEST(Lanes, OfNetworksThatDifferAreRefused) {
  EXPECT_THROW(Lanes({at::zeros({2})}, {{at::zeros({3})}}), std::logic_error);
  EXPECT_THROW(Lanes({at::zeros({2})}, {{}}), std::logic_error);
}

}  // namespace
