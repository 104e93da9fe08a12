// Two ranks train the network that one trains: ResNet-18 on real images, in fp64.
#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdlib>

#include "common/base/named_tensors.h"
#include "tests/process.h"

namespace {
namespace fs = std::filesystem;

// 22 steps, the last of 13 images: 7 on one rank, 6 on the other.
fs::path trained(const fs::path& out, const std::string& ranks, const std::string& sync_norm) {
  const tests::Outcome run =
      tests::run({COURSE_BIN_DIR "/week09_ddp_imagenet", "train", "--network=resnet18",
                  "--sizes=64", "--val-size=64", "--batch-size=47", "--drop-last=false",
                  "--epochs=1", "--lr=0.05", "--double", "--sync-norm=" + sync_norm, "--threads=1",
                  "--nproc=" + ranks, "--out=" + out.string()});
  EXPECT_EQ(run.code, 0) << run.err;
  return out / "weights.safetensors";
}

// The largest difference of two files' numbers, relative to the largest of each tensor.
double largest_difference(const fs::path& a, const fs::path& b) {
  const auto first = common::base::load_tensors(a).tensors,
             second = common::base::load_tensors(b).tensors;
  EXPECT_EQ(first.size(), second.size());
  double largest = 0;
  for (const auto& [name, tensor] : first) {
    const at::Tensor& other = second.at(name);
    EXPECT_EQ(tensor.scalar_type(), other.scalar_type()) << name;
    if (tensor.scalar_type() != at::kDouble) continue;
    EXPECT_TRUE(tensor.isfinite().all().item<bool>() && other.isfinite().all().item<bool>())
        << name;
    const at::Tensor scale = tensor.abs().max().clamp_min(1e-300);
    largest = std::max(largest, ((tensor - other).abs().max() / scale).item<double>());
  }
  return largest;
}

TEST(Week09Real, TwoRanksEqualOne) {
  const char* const mirror = std::getenv("DATA_MIRROR");
  if (mirror == nullptr || !fs::is_directory(fs::path(mirror) / "imagenette-subset")) {
    GTEST_SKIP() << "no imagenette-subset in DATA_MIRROR";
  }
  const tests::TemporaryFolder folder;
  const auto one = trained(folder / "one", "1", "true");
  EXPECT_LE(largest_difference(trained(folder / "two", "2", "true"), one), 1e-10);
  // What this test can see: without synchronised norms the weights are others.
  EXPECT_GT(largest_difference(trained(folder / "apart", "2", "false"), one), 1e-6);
}

}  // namespace
