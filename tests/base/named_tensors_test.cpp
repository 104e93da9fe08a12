// Named tensors: every bit comes back from a file, and copies tell what does not fit.
#include "common/base/named_tensors.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <string>

#include "common/base/files.h"
#include "common/base/safetensors.h"
#include "tests/data/expect_error.h"
#include "tests/temporary_folder.h"

namespace {
using at::Tensor;
using common::base::copy_tensors;
using common::base::load_state_dict;
using common::base::load_tensors;
using common::base::NamedTensors;
using common::base::save_tensors;
using common::base::TensorFile;
using common::base::with_prefix;
using tests::expect_error;

// Whether both have the same type, shape and bytes; NaN equals NaN.
bool same_bits(const Tensor& a, const Tensor& b) {
  const auto bytes = [](const Tensor& x) { return x.contiguous().view({-1}).view(at::kByte); };
  return a.scalar_type() == b.scalar_type() && a.sizes() == b.sizes() &&
         at::equal(bytes(a), bytes(b));
}

TEST(NamedTensors, EveryTypeComesBackBitForBit) {
  at::manual_seed(1);
  NamedTensors tensors;
  for (const auto type :
       {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong, at::kInt, at::kShort,
        at::kChar, at::kUInt64, at::kUInt32, at::kUInt16, at::kByte}) {
    // Any bits, so infinities and NaNs too.
    tensors[toString(type)] = at::randint(0, 256, {40, 24}, at::kByte).view(type);
  }
  tensors["Bool"] = at::randint(0, 2, {5, 3}, at::kBool);
  tensors["half nan"] = at::full({2}, std::nan(""), at::kHalf);
  tensors["one"] = at::scalar_tensor(-0.0);
  tensors["none"] = at::empty({3, 0, 2});
  const std::map<std::string, std::string> metadata = {{"step", "12"}, {"größe", "\"深層\"\n"}};
  const tests::TemporaryFolder folder;
  save_tensors(folder / "t", tensors, metadata);
  const TensorFile file = load_tensors(folder / "t");
  EXPECT_EQ(file.metadata, metadata);
  ASSERT_EQ(file.tensors.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    ASSERT_EQ(file.tensors.count(name), 1u) << name;
    EXPECT_TRUE(same_bits(file.tensors.at(name), tensor)) << name;
  }
}

TEST(NamedTensors, BoolsAreNoughtOrOneWhateverTheFileSays) {
  const tests::TemporaryFolder folder;
  const std::string bytes("\0\1\2\xFF", 4);
  common::base::write_safetensors(folder / "t", {{"b", "BOOL", {4}, bytes}}, {});
  const Tensor loaded = load_tensors(folder / "t").tensors.at("b");
  EXPECT_TRUE(same_bits(loaded, at::tensor({0, 1, 1, 1}).to(at::kBool)));
}

TEST(NamedTensors, AnyLayoutComesBackRowByRow) {
  const Tensor x = at::arange(2 * 3 * 4 * 5, at::kFloat).view({2, 3, 4, 5});
  NamedTensors tensors = {{"channels last", x.contiguous(at::MemoryFormat::ChannelsLast)},
                          {"turned", x.permute({3, 1, 0, 2})},
                          {"part", x.slice(3, 1, 5, 2).select(0, 1)},
                          {"one row for all", at::arange(3).expand({4, 3})},
                          {"parameter", x.clone().set_requires_grad(true)}};
  const tests::TemporaryFolder folder;
  save_tensors(folder / "t", tensors);
  const TensorFile file = load_tensors(folder / "t");
  ASSERT_EQ(file.tensors.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    const Tensor& loaded = file.tensors.at(name);
    EXPECT_TRUE(loaded.is_contiguous()) << name;
    EXPECT_FALSE(loaded.requires_grad()) << name;
    EXPECT_TRUE(at::equal(loaded, tensor)) << name;
  }
  EXPECT_TRUE(tensors["channels last"].is_contiguous(at::MemoryFormat::ChannelsLast));
}

TEST(NamedTensors, WeightsThatPythonWroteAreLoaded) {
  const std::string recorded = COURSE_SOURCE_DIR "/tests/base/torch_files/";
  const NamedTensors types = load_state_dict(recorded + "types.pth");
  EXPECT_EQ(types.size(), 10u);
  EXPECT_TRUE(same_bits(types.at("f32"), at::arange(6, at::kFloat).view({2, 3})));
  EXPECT_TRUE(same_bits(types.at("bf16"), at::tensor({1.5, -2.0}).to(at::kBFloat16)));
  EXPECT_TRUE(same_bits(types.at("bool"), at::tensor({1, 0}, at::kInt).to(at::kBool)));
  const NamedTensors views = load_state_dict(recorded + "views_old.pth");
  const Tensor table = at::arange(24, at::kFloat).view({2, 3, 4});
  EXPECT_TRUE(same_bits(views.at("turned"), table.permute({2, 0, 1})));
  EXPECT_TRUE(same_bits(views.at("one"), at::scalar_tensor(1.5f)));
  EXPECT_TRUE(same_bits(views.at("none"), at::zeros({3, 0, 2})));

  const tests::TemporaryFolder folder;
  save_tensors(folder / "types.safetensors", types);
  const NamedTensors again = load_state_dict(folder / "types.safetensors");
  EXPECT_EQ(again.size(), types.size());
  for (const auto& [name, tensor] : types) EXPECT_TRUE(same_bits(again.at(name), tensor)) << name;
  expect_error("types.pth is no file of torch.save", [&] {
    std::filesystem::rename(folder / "types.safetensors", folder / "types.pth");
    load_state_dict(folder / "types.pth");
  });
}

TEST(NamedTensors, LoadedTensorsAreOnesOwn) {
  const tests::TemporaryFolder folder;
  save_tensors(folder / "t", {{"a", at::zeros({2})}});
  const Tensor first = load_tensors(folder / "t").tensors.at("a");
  first.fill_(3);
  save_tensors(folder / "t", {{"a", at::ones({2})}});
  EXPECT_TRUE(at::equal(first, at::full({2}, 3.0)));
  EXPECT_TRUE(at::equal(load_tensors(folder / "t").tensors.at("a"), at::ones({2})));
}

TEST(NamedTensors, TellsWhatCannotBeSavedOrLoaded) {
  const tests::TemporaryFolder folder;
  expect_error("no name for tensors of type ComplexFloat", [&] {
    save_tensors(folder / "t", {{"a", at::zeros({2}, at::kComplexFloat)}});
  });
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  expect_error("cannot read " + (folder / "t").string(), [&] { load_tensors(folder / "t"); });
  save_tensors(folder / "t", {{"a", at::zeros({2})}});
  std::filesystem::resize_file(folder / "t", std::filesystem::file_size(folder / "t") - 1);
  expect_error((folder / "t").string() + " is cut short", [&] { load_tensors(folder / "t"); });
}

TEST(NamedTensors, CopyFillsInPlaceAndKeepsTheLayout) {
  const Tensor image = at::arange(2 * 3 * 4 * 5, at::kFloat).view({2, 3, 4, 5});
  NamedTensors to = {{"conv", at::zeros({2, 3, 4, 5}).contiguous(at::MemoryFormat::ChannelsLast)},
                     {"half", at::zeros({2}, at::kHalf)},
                     {"parameter", at::zeros({2}).set_requires_grad(true)}};
  const NamedTensors alias = to;
  copy_tensors({{"conv", image},
                {"half", at::full({2}, 1.5, at::kFloat)},
                {"parameter", at::full({2}, 2.5, at::kFloat)}},
               to, "the model");
  for (const auto& [name, tensor] : to) EXPECT_TRUE(tensor.is_same(alias.at(name))) << name;
  EXPECT_TRUE(at::equal(to["conv"], image));
  EXPECT_TRUE(to["conv"].is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(same_bits(to["half"], at::full({2}, 1.5, at::kHalf)));
  EXPECT_TRUE(same_bits(to["parameter"].detach(), at::full({2}, 2.5, at::kFloat)));
  EXPECT_TRUE(to["parameter"].requires_grad());
  EXPECT_TRUE(to["parameter"].is_leaf());
}

TEST(NamedTensors, CopyTellsWhatDoesNotFit) {
  const auto copy = [](const NamedTensors& from) {
    NamedTensors to = {{"a", at::zeros({2, 3})}, {"b", at::zeros({})}};
    copy_tensors(from, to, "the optimizer");
  };
  const Tensor a = at::ones({2, 3}), b = at::ones({});
  copy({{"a", a}, {"b", b}});
  expect_error("the optimizer: \"b\" is missing", [&] { copy({{"a", a}}); });
  expect_error("the optimizer: \"a\" is missing", [&] { copy({}); });
  expect_error("the optimizer: \"c\" is not known here", [&] {
    copy({{"a", a}, {"b", b}, {"c", b}});
  });
  // Shapes that torch's own copy would take and spread.
  expect_error("the optimizer: \"a\" has the shape [3], wanted [2, 3]", [&] {
    copy({{"a", at::ones({3})}, {"b", b}});
  });
  expect_error("the optimizer: \"a\" has the shape [], wanted [2, 3]", [&] {
    copy({{"a", b}, {"b", b}});
  });
  expect_error("the optimizer: \"a\" has the shape [3, 2], wanted [2, 3]", [&] {
    copy({{"a", at::ones({3, 2})}, {"b", b}});
  });
}

TEST(NamedTensors, WithPrefixTakesItOff) {
  const Tensor x = at::ones({1});
  const NamedTensors all = {{"a", x},       {"ab.w", x},        {"model", x},   {"model.", x},
                            {"model.b", x}, {"model.sub.w", x}, {"model/b", x}, {"z", x}};
  const auto names = [&](const std::string& prefix) {
    std::string text;
    for (const auto& [name, tensor] : with_prefix(all, prefix)) {
      EXPECT_TRUE(tensor.is_same(x));
      text += "<" + name + ">";
    }
    return text;
  };
  EXPECT_EQ(names("model."), "<><b><sub.w>");
  EXPECT_EQ(names("model.sub."), "<w>");
  EXPECT_EQ(names("a."), "");
  EXPECT_EQ(names("zz"), "");
  EXPECT_EQ(with_prefix(all, "").size(), all.size());
}

}  // namespace
