// Files of torch.save: PyTorch's own are read exactly, evil ones are refused by name, none crashes.
#include "common/base/state_dict.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <initializer_list>
#include <map>

#include "common/base/error.h"
#include "common/base/files.h"
#include "tests/base/make_torch_file.h"
#include "tests/data/expect_error.h"
#include "tests/temporary_folder.h"

namespace {
namespace fs = std::filesystem;
using namespace tests::pickled;
using common::base::Error;
using common::base::parse_state_dict;
using common::base::read_file;
using common::base::read_state_dict;
using common::base::StateTensor;
using common::base::write_file;
using tests::expect_error;
using tests::new_files;
using tests::old_file;
using tests::zip_of;
using Shape = std::vector<std::int64_t>;
using Tensors = std::map<std::string, std::tuple<std::string, Shape, std::string>>;

template <class T>
std::string bytes_as(std::initializer_list<T> values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), values.begin(), bytes.size());
  return bytes;
}

// A file that write_torch_files.py wrote.
fs::path recorded(const std::string& name) {
  return fs::path(COURSE_SOURCE_DIR) / "tests" / "base" / "torch_files" / name;
}

Tensors by_name(const std::vector<StateTensor>& tensors) {
  Tensors result;
  for (const auto& [name, dtype, shape, bytes] : tensors) result[name] = {dtype, shape, bytes};
  EXPECT_EQ(result.size(), tensors.size());
  return result;
}

Tensors read(const std::string& name) { return by_name(read_state_dict(recorded(name))); }

// Expects that both forms of the file are refused for what `part` says.
void expect_refused(const std::string& part, const std::string& value,
                    const std::string& numbers = "12345678") {
  for (const std::string& file : {old_file(value, numbers), zip_of(new_files(value, numbers))}) {
    expect_error("net.pth", [&] { parse_state_dict(file, "net.pth"); });
    expect_error(part, [&] { parse_state_dict(file, "net.pth"); });
  }
}

const Tensors kModel = {{"weight", {"F32", {1, 2}, bytes_as<float>({1, 2})}},
                        {"bias", {"F32", {1}, bytes_as<float>({3})}}};

TEST(StateDict, EveryTypeComesAsPyTorchWroteIt) {
  const Tensors wanted = {
      {"f64", {"F64", {2}, bytes_as<double>({0.1, -1e300})}},
      {"f32", {"F32", {2, 3}, bytes_as<float>({0, 1, 2, 3, 4, 5})}},
      {"f16", {"F16", {2}, bytes_as<std::uint16_t>({0x3e00, 0xc000})}},    // 1.5, -2
      {"bf16", {"BF16", {2}, bytes_as<std::uint16_t>({0x3fc0, 0xc000})}},  // 1.5, -2
      {"i64", {"I64", {2}, bytes_as<std::int64_t>({INT64_MIN, INT64_MAX})}},
      {"i32", {"I32", {2}, bytes_as<std::int32_t>({INT32_MIN, 2})}},
      {"i16", {"I16", {2}, bytes_as<std::int16_t>({INT16_MIN, 3})}},
      {"i8", {"I8", {2}, bytes_as<std::int8_t>({-128, 4})}},
      {"u8", {"U8", {3}, bytes_as<std::uint8_t>({0, 1, 255})}},
      {"bool", {"BOOL", {2}, std::string("\1\0", 2)}}};
  EXPECT_EQ(read("types.pth"), wanted);
  EXPECT_EQ(read("types_old.pth"), wanted);
}

TEST(StateDict, ViewsComeRowByRow) {
  std::string table, turned;
  for (int i = 0; i < 24; ++i) table += bytes_as<float>({static_cast<float>(i)});
  for (int c = 0; c < 4; ++c) {
    for (int a = 0; a < 2; ++a) {
      for (int b = 0; b < 3; ++b) turned += table.substr((a * 12 + b * 4 + c) * sizeof(float), 4);
    }
  }
  const Tensors wanted = {{"table", {"F32", {2, 3, 4}, table}},
                          {"turned", {"F32", {4, 2, 3}, turned}},
                          {"part", {"F32", {3, 2}, bytes_as<float>({13, 14, 17, 18, 21, 22})}},
                          {"row for all", {"F32", {3, 2}, bytes_as<float>({0, 1, 0, 1, 0, 1})}},
                          {"again", {"F32", {2, 3, 4}, table}},
                          {"one", {"F32", {}, bytes_as<float>({1.5f})}},
                          {"none", {"F32", {3, 0, 2}, ""}},
                          {"größe \"0\"", {"F32", {1}, bytes_as<float>({7})}}};
  EXPECT_EQ(read("views.pth"), wanted);
  EXPECT_EQ(read("views_old.pth"), wanted);
}

TEST(StateDict, EveryFormOfAModelIsRead) {
  for (const char* const name :
       {"model.pth", "model_old.pth", "protocol4.pth", "checkpoint.pth", "before_0_4.pth"}) {
    Tensors wanted = kModel;
    if (name == std::string("before_0_4.pth")) {
      wanted.extract("bias");
      wanted["mean"] = kModel.at("bias");
    }
    EXPECT_EQ(read(name), wanted) << name;
  }
  EXPECT_EQ(read_state_dict(recorded("model.pth"))[0].name, "weight");  // the file's order
}

TEST(StateDict, TheTestsOwnFilesAreRead) {
  const Tensors wanted = {{"a", {"F32", {2}, "12345678"}}};
  const std::string value = dict({{"a", good_tensor()}});
  EXPECT_EQ(by_name(parse_state_dict(old_file(value), "x")), wanted);
  EXPECT_EQ(by_name(parse_state_dict(zip_of(new_files(value)), "x")), wanted);
  auto files = new_files(value);
  files.emplace(files.begin(), "net/", "");  // as the zip program writes folders
  EXPECT_EQ(by_name(parse_state_dict(zip_of(files), "x")), wanted);
  for (const char* const key : {"state_dict", "model"}) {
    const std::string wrapped = dict({{"epoch", number(3)}, {key, value}});
    EXPECT_EQ(by_name(parse_state_dict(old_file(wrapped), "x")), wanted);
  }
  EXPECT_TRUE(parse_state_dict(zip_of(new_files("}")), "x").empty());
}

TEST(StateDict, NothingIsRun) {
  const std::string system = name("os", "system"), harm = text("touch harm");
  expect_refused("asks to run \"os.system\": refused", call(system, {harm}));
  expect_refused("\"os.system\"", text("os") + text("system") + "\x93" + tuple({harm}) + "R");
  expect_refused("\"os.system\"", dict({{"a", good_tensor()}, {"b", call(system, {harm})}}));
  expect_refused("\"os.system\"", dict({{"model", dict({})}, {"b", call(system, {harm})}}));
  expect_refused("\"os.system\"", dict({{"a", good_tensor()}}) + call(system, {harm}) + "b");
  expect_refused("\"builtins.eval\"", "]" + name("builtins", "eval") + "a");
  expect_refused("\"torch._utils._rebuild_qtensor\"", name("torch._utils", "_rebuild_qtensor"));
  expect_refused("\"torch.ComplexFloatStorage\"", storage("0", 1, "ComplexFloatStorage"));
  expect_refused("\"torch.load\"", name("torch", "load"));
  expect_refused(R"("o\ns\u0000.x")", text(std::string("o\ns\0", 4)) + text("x") + "\x93");
  expect_error("asks to run \"torch.nn.modules.linear.Linear\"",
               [] { read_state_dict(recorded("whole_model.pth")); });
}

TEST(StateDict, RefusesWhatIsNoDictOfTensors) {
  expect_refused("holds no state_dict", good_tensor());
  expect_refused("holds no state_dict", "]");
  expect_refused("\"epoch\" is no tensor", dict({{"a", good_tensor()}, {"epoch", number(3)}}));
  expect_refused("\"b\" is no tensor", dict({{"model", dict({{"b", text("c")}})}}));
  expect_refused("\"b\" is no tensor", dict({{"b", dict({{"c", good_tensor()}})}}));
  expect_refused("\"b\" is no tensor", dict({{"b", storage("0", 2)}}));
  expect_refused("\"b\" is no tensor", dict({{"b", name("torch", "FloatStorage")}}));
  expect_refused("name is no text", "}" + number(3) + good_tensor() + "s");
  expect_refused("\"a\" is there twice", dict({{"a", good_tensor()}, {"a", good_tensor()}}));
  expect_refused("key \"model\" twice", dict({{"model", dict({})}, {"model", dict({})}}));
  const std::string parameter = name("torch._utils", "_rebuild_parameter");
  expect_refused("is no tensor", dict({{"a", call(parameter, {})}}));
  expect_refused("is no tensor",
                 dict({{"a", call(parameter, {call(parameter, {good_tensor()})})}}));
  std::string many = "}(";
  for (int i = 0; i < 100'001; ++i) many += text("x" + std::to_string(i)) + "N";
  expect_refused("more than 100000 tensors", many + "u");
}

TEST(StateDict, RefusesTensorsThatAreNone) {
  const auto refused = [](const std::string& part, std::int64_t offset, const Shape& shape,
                          const Shape& strides) {
    expect_refused(part, dict({{"a", tensor(storage("0", 2), offset, shape, strides)}}));
  };
  constexpr std::int64_t most = INT64_MAX;
  refused("begins outside", 2, {1}, {1});
  refused("begins outside", most, {}, {});
  refused("ends outside", 0, {3}, {1});
  refused("ends outside", 1, {2}, {1});
  refused("ends outside", 0, {2}, {2});
  refused("ends outside", 0, {2, 2}, {1, 1});
  refused("ends outside", 0, {2}, {most});
  refused("ends outside", 0, {2, 2}, {most, most});
  refused("ends outside", 0, {most / 8}, {1});
  refused("is too large", 0, {most}, {0});
  refused("is too large", 0, {1ll << 32, 1ll << 32}, {0, 0});
  refused("is too large", 0, {0, 1ll << 32, 1ll << 32}, {0, 0, 0});
  refused("take more than 4 times its size", 0, {1ll << 40}, {0});
  refused("no whole numbers", -1, {1}, {1});
  refused("no whole numbers", 0, {-1}, {1});
  refused("no whole numbers", 1, {2}, {-1});
  refused("not as many strides", 0, {2}, {});
  refused("up to 16 numbers", 0, Shape(17, 1), Shape(17, 1));
  const auto at_16 = dict({{"a", tensor(storage("0", 2), 1, Shape(16, 1), Shape(16, most))}});
  EXPECT_EQ(by_name(parse_state_dict(old_file(at_16), "x")),
            (Tensors{{"a", {"F32", Shape(16, 1), "5678"}}}));
  const std::string maker = name("torch._utils", "_rebuild_tensor_v2");
  const std::string as_wanted = "is not described as PyTorch does";
  expect_refused("is no tensor", dict({{"a", call(maker, {})}}));
  expect_refused(as_wanted, dict({{"a", call(maker, {storage("0", 2)})}}));
  expect_refused(as_wanted, dict({{"a", call(maker, {"N", number(0), ")", ")"})}}));
  expect_refused("no tuple", dict({{"a", call(maker, {storage("0", 2), number(0), "]", ")"})}}));
  expect_refused("no whole", dict({{"a", call(maker, {storage("0", 2), "N", ")", ")"})}}));
}

TEST(StateDict, RefusesStoragesThatAreNone) {
  const auto refused = [](const std::string& part, const std::string& storage) {
    expect_refused(part, dict({{"a", tensor(storage, 0, {1}, {1})}}));
  };
  const std::string as_wanted = "a storage is not described as PyTorch does";
  refused(as_wanted, "NQ");
  refused(as_wanted, ")Q");
  refused(as_wanted, tuple({text("module"), "N", "N", "N", "N"}) + "Q");
  refused("has no type or no size", storage("0", -1));
  refused("is too large", storage("0", INT64_MAX));
  expect_refused("is described in two ways",
                 dict({{"a", tensor(storage("0", 2), 0, {1}, {1})},
                       {"b", tensor(storage("0", 1, "LongStorage"), 0, {1}, {1})}}));
  const std::string part = tuple({text("storage"), name("torch", "FloatStorage"), text("0"),
                                  text("cpu"), number(2), tuple({})}) +
                           "Q";
  refused("is part of another", part);
  const std::string longer = dict({{"a", tensor(storage("0", 3), 0, {1}, {1})}});
  expect_error("has 2 numbers, wanted 3",
               [&] { parse_state_dict(old_file(longer, "12345678") + "1234", "x"); });
  expect_error("cut short", [&] {
    parse_state_dict(
        old_file(longer, "123456781234").substr(0, old_file(longer, "123456781234").size() - 1),
        "x");
  });
  expect_error("\"data/0\" has 8 bytes, wanted 12",
               [&] { parse_state_dict(zip_of(new_files(longer)), "x"); });
  const std::string other = dict({{"a", tensor(storage("1", 2), 0, {1}, {1})}});
  expect_error("lacks the file \"data/1\"",
               [&] { parse_state_dict(zip_of(new_files(other)), "x"); });
  expect_error("lacks the numbers", [&] { parse_state_dict(old_file(other), "x"); });
  const std::string unused = dict({{"0", tensor(storage("1", 2), 0, {1}, {1})}});
  expect_error("for no tensor", [&] { parse_state_dict(old_file(unused), "x"); });
  expect_error("too long by 1 bytes", [&] {
    parse_state_dict(old_file(dict({{"a", good_tensor()}})) + "1", "x");
  });
}

TEST(StateDict, RefusesPicklesWithoutEnd) {
  const auto many = [](const std::string& piece, std::size_t count) {
    std::string text;
    text.reserve(piece.size() * count);
    while (count-- > 0) text += piece;
    return text;
  };
  const auto refused = [](const std::string& part, const std::string& value) {
    expect_error(part, [&] { parse_state_dict(old_file(value), "x"); });
  };
  refused("stack is too deep", many("N", (1 << 20) + 1));
  refused("nested too deeply", many("(", 1001));
  refused("memo is too large", std::string("Nr\xff\xff\xff\xff", 6));
  // A list of 100,000 pairs, of which 42 OrderedDicts are made.
  refused("copies too many pairs", "]q\1(NN\x86q\2" + many("h\2", 99'999) + "e" +
                                       name("collections", "OrderedDict") + "q\3" +
                                       many("h\3h\1\x85R", 42));
  refused("holds no state_dict", ")" + many("\x85", 1 << 20));  // destroyed in a loop
}

TEST(StateDict, RefusesDamagedPickles) {
  expect_refused("the stack lacks a value", "\x85");
  expect_refused("the stack lacks a value", "N(\x85");
  expect_refused("the stack lacks a value", "R");
  expect_refused("the stack lacks a mark", "t");
  expect_refused("no value, or several", "");
  expect_refused("no value, or several", "NN");
  expect_refused("no value, or several", "N(");
  expect_refused("recalls what it has not kept", "h\1");
  expect_refused("recalls what it has not kept", "}q\2h\1");
  expect_refused("adds to what is no list", "}Na");
  expect_refused("adds to what is no list", "]NNs");
  expect_refused("a key has no value", "}(Nu");
  expect_refused("calls what has no name", "N)R");
  expect_refused("calls what has no name", name("torch", "FloatStorage") + "]R");
  expect_refused("a name is no text", "NN\x93");
  expect_refused("sets the state of what has none", "NNb");
  expect_refused("made of no pairs", call(name("collections", "OrderedDict"), {"]Na"}));
  expect_refused("made of several", call(name("collections", "OrderedDict"), {"]", "]"}));
  expect_refused("newer than 5", "\x80\x06");
  expect_refused("opcode 105 is not read here", "i");
  const std::string itself =
      "}q" + std::string(1, '\0') + text("a") + "h" + std::string(1, '\0') + "s";
  expect_refused("\"a\" is no tensor", itself);
}

TEST(StateDict, RefusesOtherFiles) {
  for (const std::string file : {"", "no zip", "<html>", "PK", "PK\3\4", "\x80", "\x80\x02N."}) {
    expect_error("net.pth", [&] { parse_state_dict(file, "net.pth"); });
  }
  const std::string value = dict({{"a", good_tensor()}});
  expect_error("x has numbers in big endian",
               [&] { parse_state_dict(old_file(value, "12345678", "big_endian"), "x"); });
  const auto refused = [](const std::string& part, const tests::Files& files) {
    expect_error(part, [&] { parse_state_dict(zip_of(files), "x"); });
  };
  const auto with = [&](const std::string& path, const std::string& content) {
    auto files = new_files(value);
    files.emplace_back(path, content);
    return files;
  };
  refused("holds no data.pkl", {{"a", "b"}});
  refused("holds no data.pkl", {{"net/code/net.py", ""}});
  refused("big endian", {{"net/data.pkl", whole("}")}, {"net/byteorder", "big"}});
  refused("holds \"net/data.pkl\" twice", with("net/data.pkl", whole("}")));
  refused("holds \"net/data/0\" twice", with("net/data/0", "87654321"));
  expect_error("unpacked it is larger than it may be", [&] {
    parse_state_dict(zip_of(with("net/bomb", std::string(1 << 20, '\0')), "deflate"), "x");
  });
  const tests::TemporaryFolder folder;
  expect_error("cannot read " + (folder / "none").string(),
               [&] { read_state_dict(folder / "none"); });
  expect_error(folder.path().string(), [&] { read_state_dict(folder.path()); });
}

TEST(StateDict, RefusesAFileThatWasCutAnywhere) {
  const tests::TemporaryFolder folder;
  for (const char* const name : {"model.pth", "views_old.pth", "before_0_4.pth"}) {
    const std::string whole = read_file(recorded(name));
    for (std::size_t size = 0; size < whole.size(); ++size) {
      expect_error("cut.pth", [&] { parse_state_dict(whole.substr(0, size), "cut.pth"); });
    }
  }
}

TEST(StateDict, AnyOtherByteIsAnErrorOrAnotherFile) {
  for (const char* const name : {"model.pth", "views_old.pth", "before_0_4.pth"}) {
    const std::string whole = read_file(recorded(name));
    int refused = 0;
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (const int change : {1, 0x20, 0x80}) {
        std::string file = whole;
        file[at] = static_cast<char>(file[at] ^ change);
        try {
          parse_state_dict(file, "x");
        } catch (const Error&) {
          ++refused;
        }  // any other exception fails the test
      }
    }
    EXPECT_GT(refused, 300) << name;
  }
}

}  // namespace
