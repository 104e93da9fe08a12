// Two ranks train the network that one trains: ResNet-18 on real images, in fp64.
#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include <algorithm>

#include "common/base/named_tensors.h"
#include "tests/data/real_set.h"
#include "tests/process.h"

namespace {
namespace fs = std::filesystem;

// 21 steps of 17 of the 300 validation images, but step 18, which has 11: 6 on one rank, 5 on the
// other.
fs::path trained(const fs::path& images, const fs::path& out, const std::string& ranks,
                 const std::string& sync_norm) {
  const tests::Outcome run = tests::run(
      {COURSE_BIN_DIR "/week09_ddp_imagenet", "train", "--images=" + images.string(),
       "--network=resnet18", "--sizes=64", "--val-size=64", "--batch-size=17", "--drop-last=false",
       "--epochs=1.17", "--evaluate-every=10", "--lr=0.05", "--double", "--sync-norm=" + sync_norm,
       "--threads=1", "--nproc=" + ranks, "--out=" + out.string()});
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
  const auto set = tests::real_imagenette_subset();
  if (!set.missing.empty()) GTEST_SKIP() << set.missing;
  const tests::TemporaryFolder folder;
  const fs::path images = folder / "images";
  fs::create_directories(images);
  for (const char* part : {"train", "val"}) {
    fs::create_directory_symlink(fs::absolute(set.folder / "val"), images / part);
  }
  const auto one = trained(images, folder / "one", "1", "true");
  EXPECT_LE(largest_difference(trained(images, folder / "two", "2", "true"), one), 1e-10);
  // What this test can see: without synchronised norms the weights are others. (With the division
  // by the number of ranks taken out of data_parallel.cpp, the first difference was 1.2.)
  EXPECT_GT(largest_difference(trained(images, folder / "apart", "2", "false"), one), 1e-6);
}

}  // namespace
