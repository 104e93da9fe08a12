// Checkpoints: what comes back, what is refused, what a full disk leaves.
#include "common/train/checkpoint.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <zlib.h>

#include <csignal>
#include <fstream>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/random.h"
#include "tests/temporary_folder.h"

namespace {
namespace fs = std::filesystem;
namespace base = common::base;
using common::base::Error;
using common::base::Json;
using common::train::Checkpoints;
using common::train::Part;

// A training's state: one tensor and one number.
struct State {
  at::Tensor weight = at::zeros({1000});
  double number = 0;

  Part part() {
    Part part = common::train::part_of_tensors("model", {{"weight", weight}});
    part.numbers = [this] { return Json(number); };
    part.load_numbers = [this](const Json& json) { number = json; };
    return part;
  }
};

struct CheckpointTest : testing::Test {
  tests::TemporaryFolder folder;
  State state;
  std::vector<std::string> said;
  Checkpoints checkpoints{folder / "checkpoint", {{"lr", 0.1}}, {state.part()}};

  void save(int64_t step) {
    state.weight.fill_(static_cast<double>(step));
    state.number = static_cast<double>(step) / 3;
    checkpoints.save(step);
  }
  std::optional<int64_t> load() {
    state.weight.fill_(-1);
    state.number = -1;
    return checkpoints.load([&](const std::string& line) { said.push_back(line); });
  }
  fs::path file(int64_t step) const {
    return folder / "checkpoint" / ("step-00000000" + std::to_string(step) + ".safetensors");
  }
};

using Checkpoint = CheckpointTest;

TEST_F(Checkpoint, BringsBackTensorsAndNumbersExactly) {
  save(5);
  EXPECT_EQ(load(), 5);
  EXPECT_TRUE(state.weight.eq(5).all().item<bool>());
  EXPECT_EQ(state.number, 5.0 / 3);
}

TEST_F(Checkpoint, TheLastTwoAreKept) {
  for (int64_t step = 1; step <= 4; ++step) save(step);
  EXPECT_FALSE(fs::exists(file(2)));
  EXPECT_TRUE(fs::exists(file(3)));
  EXPECT_TRUE(fs::exists(file(4)));
}

TEST_F(Checkpoint, NoneYetIsNoError) { EXPECT_EQ(load(), std::nullopt); }

TEST_F(Checkpoint, OffKeepsNothing) {
  const Checkpoints off;
  off.save(3);
  EXPECT_EQ(off.load([](const std::string&) {}), std::nullopt);
}

TEST_F(Checkpoint, ACutOneIsNamedAndTheOneBeforeIsTaken) {
  save(1);
  save(2);
  const auto size = fs::file_size(file(2));
  for (const auto left : {size - 1, size / 2, std::uintmax_t{20}, std::uintmax_t{0}}) {
    fs::resize_file(file(2), left);
    EXPECT_EQ(load(), 1) << left;
    ASSERT_FALSE(said.empty());
    EXPECT_NE(said.back().find(file(2).string()), std::string::npos) << said.back();
    EXPECT_TRUE(state.weight.eq(1).all().item<bool>());
  }
}

TEST_F(Checkpoint, ADamagedOneIsNoneOfTheTwoThatAreKept) {
  for (int64_t step = 1; step <= 3; ++step) save(step);
  fs::resize_file(file(3), 100);
  EXPECT_EQ(load(), 2);
  save(2);  // the run goes on from there, and looks sooner than before
  EXPECT_FALSE(fs::exists(file(3)));
  save(4);
  EXPECT_TRUE(fs::exists(file(2)));
  EXPECT_EQ(load(), 4);
}

TEST_F(Checkpoint, AFlippedBitIsFound) {
  save(1);
  save(2);
  const std::string bytes = common::base::read_file(file(2));
  for (const size_t at : {bytes.size() - 1, bytes.size() - 2000}) {
    std::string damaged = bytes;
    damaged[at] ^= 4;
    common::base::write_file(file(2), damaged);
    EXPECT_EQ(load(), 1);
    EXPECT_NE(said.back().find("checksum"), std::string::npos) << said.back();
  }
}

TEST_F(Checkpoint, AForeignSafetensorsFileIsRefused) {
  save(1);
  common::base::save_tensors(file(2), {{"model/weight", at::zeros({1000})}});
  EXPECT_EQ(load(), 1);
  EXPECT_NE(said.back().find("is no checkpoint"), std::string::npos) << said.back();
}

TEST_F(Checkpoint, OneOfAnotherRunIsRefused) {
  save(1);
  checkpoints = Checkpoints(folder / "checkpoint", {{"lr", 0.2}}, {state.part()});
  EXPECT_THROW(load(), Error);
}

TEST_F(Checkpoint, OneOfAnotherNetworkIsRefused) {
  save(1);
  State other;
  other.weight = at::zeros({7});
  checkpoints = Checkpoints(folder / "checkpoint", {{"lr", 0.1}}, {other.part()});
  EXPECT_THROW(load(), Error);
}

TEST_F(Checkpoint, WhenAllAreDamagedTheRunDoesNotBeginAnewUnasked) {
  save(1);
  fs::resize_file(file(1), 100);
  EXPECT_THROW(load(), Error);
}

TEST_F(Checkpoint, AFullDiskLeavesTheOnesBefore) {
  save(1);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before = {};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 1000;
  ::setrlimit(RLIMIT_FSIZE, &small);
  EXPECT_THROW(save(2), Error);
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(load(), 1);
  int64_t files = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder / "checkpoint")) ++files;
  EXPECT_EQ(files, 1);
}

TEST_F(Checkpoint, TorchsGeneratorGoesOnWhereItWas) {
  checkpoints = Checkpoints(folder / "checkpoint", {}, {common::train::part_of_generators()});
  at::manual_seed(3);
  at::rand({5});
  checkpoints.save(1);
  const at::Tensor next = at::rand({5});
  at::manual_seed(99);
  load();
  EXPECT_TRUE(at::rand({5}).equal(next));
}

// What rank r of two sees, where the other rank's tensors are noted beforehand.
common::train::Ranks rank_of_two(int64_t rank, const at::Tensor& other) {
  common::train::Ranks ranks;
  ranks.world = {rank, 2};
  ranks.all_gather = [=](const at::Tensor& mine) {
    return rank == 0 ? at::stack({mine, other}) : at::stack({other, mine});
  };
  return ranks;
}

TEST_F(Checkpoint, EachRanksGeneratorGoesOnWhereItWas) {
  const auto checkpoints_of = [&](const common::train::Ranks& ranks) {
    return Checkpoints(folder / "checkpoint", {}, {common::train::part_of_generators(ranks)},
                       ranks.world.is_main());
  };
  at::manual_seed(4);
  const at::Tensor second = at::globalContext().defaultGenerator(at::kCPU).get_state();
  const at::Tensor next_of_second = at::rand({5});
  at::manual_seed(3);
  const at::Tensor first = at::globalContext().defaultGenerator(at::kCPU).get_state();
  checkpoints_of(rank_of_two(1, first)).save(1);
  EXPECT_FALSE(fs::exists(file(1))) << "rank 1 wrote";
  checkpoints_of(rank_of_two(0, second)).save(1);
  const auto quiet = [](const std::string&) {};
  checkpoints_of(rank_of_two(1, first)).load(quiet);
  EXPECT_TRUE(at::rand({5}).equal(next_of_second));

  const auto drawn_by = [&](const common::train::Ranks& ranks) {
    checkpoints_of(ranks).load(quiet);
    return at::rand({5});
  };
  common::train::Ranks alone, third;  // resumed with other numbers of ranks
  third.world = {2, 3};
  EXPECT_TRUE(drawn_by(alone).equal(drawn_by(alone)));
  EXPECT_FALSE(drawn_by(alone).equal(drawn_by(third)));
}

TEST_F(Checkpoint, NumbersOfAnotherKindAreRefused) {
  save(1);
  Part part = state.part();
  part.load_numbers = [](const Json& json) { json.at("loss"); };
  checkpoints = Checkpoints(folder / "checkpoint", {{"lr", 0.1}}, {part});
  EXPECT_THROW(load(), Error);
}

// Every one of many damaged files is passed over: bytes changed, taken out or put in anywhere.
TEST_F(Checkpoint, HoweverAFileIsDamagedTheOneBeforeIsTaken) {
  save(1);
  save(2);
  const std::string whole = common::base::read_file(file(2));
  common::base::Random random(7);
  for (int i = 0; i < 1500; ++i) {
    std::string bytes = whole;
    // Half of the changes fall into the header, which is the smaller part.
    const auto place = [&] {
      return static_cast<size_t>(random.below(i % 2 == 0 ? 600 : bytes.size()));
    };
    const size_t at = place();
    switch (random.below(3)) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 + random.below(255)));
        break;
      case 1:
        bytes.erase(at, 1 + random.below(20));
        break;
      default:
        bytes.insert(at, 1 + random.below(20), static_cast<char>(random.below(256)));
    }
    std::ofstream(file(2), std::ios::binary) << bytes;
    ASSERT_EQ(load(), 1) << "change " << i << " at " << at;
    ASSERT_TRUE(state.weight.eq(1).all().item<bool>());
  }
}

// What a checkpoint says, with the checksum that fits: what somebody writes who knows how.
void forge(const fs::path& path, const std::string& state, const base::NamedTensors& tensors) {
  uLong sum = ::crc32(0, nullptr, 0);
  const auto add = [&](const void* bytes, size_t size) {
    sum = ::crc32_z(sum, static_cast<const Bytef*>(bytes), size);
  };
  add(state.data(), state.size());
  for (const auto& [name, tensor] : tensors) {
    add(name.data(), name.size());
    add(tensor.const_data_ptr(), tensor.nbytes());
  }
  const auto before = base::load_tensors(path).metadata;
  base::save_tensors(
      path, tensors,
      {{"format", before.at("format")}, {"state", state}, {"crc32", std::to_string(sum)}});
}

// One tensor less, of another shape, type or name, or with other numbers.
void change(base::NamedTensors& tensors, common::base::Random& random) {
  auto item = tensors.begin();
  std::advance(item, random.below(tensors.size()));
  const auto [name, tensor] = *item;
  switch (random.below(5)) {
    case 0:
      tensors.erase(item);
      break;
    case 1:
      item->second = tensor.flatten().slice(0, 0, static_cast<int64_t>(random.below(20))).clone();
      break;
    case 2:
      item->second = tensor.to(at::kDouble);
      break;
    case 3:
      tensors[name + "x"] = tensor;
      break;
    default: {
      const at::Tensor bytes = tensor.view(at::kByte).clone();
      bytes.flatten()[static_cast<int64_t>(random.below(bytes.numel()))].bitwise_xor_(255);
      item->second = bytes.view(tensor.scalar_type());
    }
  }
}

TEST_F(Checkpoint, WhateverOneSaysIsTakenOrRefused) {
  const auto parts = [&] {
    return std::vector<Part>{state.part(), common::train::part_of_generators()};
  };
  checkpoints = Checkpoints(folder / "checkpoint", {{"lr", 0.1}}, parts());
  save(1);
  const base::TensorFile whole = base::load_tensors(file(1));
  common::base::Random random(8);
  int refused = 0;
  for (int i = 0; i < 1000; ++i) {
    std::string text = whole.metadata.at("state");
    base::NamedTensors tensors = whole.tensors;
    if (i % 2 == 0) {
      const auto at = static_cast<size_t>(random.below(text.size()));
      const std::string_view signs = "{}[]\",:0123456789-eE.ntf \\";
      if (random.below(2) == 0) {
        text[at] = signs[static_cast<size_t>(random.below(signs.size()))];
      } else {
        text.erase(at, 1 + random.below(9));
      }
    } else {
      change(tensors, random);
    }
    forge(file(1), text, tensors);
    try {
      load();
      at::rand({5});  // from whatever generator there is now
    } catch (const Error& error) {
      ++refused;
      ASSERT_LT(std::string(error.what()).size(), 1000U);
    }
  }
  EXPECT_GT(refused, 500);
  at::manual_seed(0);
}

}  // namespace
