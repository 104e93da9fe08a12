// Safetensors: what is written comes back, damage is told and never crashes.
#include "common/base/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <initializer_list>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/json.h"
#include "tests/base/tensor_bytes.h"
#include "tests/data/expect_error.h"
#include "tests/temporary_folder.h"

namespace {
namespace fs = std::filesystem;
using common::base::dtype_bytes;
using common::base::Error;
using common::base::Json;
using common::base::parse_safetensors;
using common::base::read_file;
using common::base::SafetensorsFile;
using common::base::TensorBytes;
using common::base::TensorInfo;
using common::base::write_file;
using common::base::write_safetensors;
using tests::bytes_as;
using tests::bytes_of;
using tests::expect_error;
using Shape = std::vector<std::int64_t>;
using Metadata = std::map<std::string, std::string>;

// A file of this header and data, its length (8 bytes, the least first) before it.
std::string file_of(const std::string& header, const std::string& data = "") {
  std::string text;
  for (std::uint64_t length = header.size(), i = 0; i < 8; ++i, length >>= 8) {
    text += static_cast<char>(length & 0xff);
  }
  return text + header + data;
}

void expect_refused(const std::string& part, const std::string& file) {
  expect_error(part, [&] { parse_safetensors(file, file.size(), "x"); });
}

// Expects the fault in a header with one tensor "a" that is described so.
void expect_tensor_refused(const std::string& part, const std::string& description,
                           const std::string& data = "") {
  expect_refused(part, file_of(R"({"a":)" + description + "}", data));
}

TEST(Safetensors, EveryTypeComesBack) {
  // The widths of the format's description.
  const std::vector<std::pair<std::string, std::uint64_t>> widths = {
      {"F64", 8},  {"I64", 8}, {"U64", 8}, {"F32", 4}, {"I32", 4}, {"U32", 4}, {"F16", 2},
      {"BF16", 2}, {"I16", 2}, {"U16", 2}, {"I8", 1},  {"U8", 1},  {"BOOL", 1}};
  std::map<std::string, std::string> data;
  std::vector<TensorBytes> tensors;
  for (const auto& [dtype, width] : widths) {
    EXPECT_EQ(dtype_bytes(dtype), width) << dtype;
    for (std::uint64_t i = 0; i < 6 * width; ++i) {
      data["t " + dtype] += static_cast<char>(i * 37 + 7 * width + data.size());
    }
  }
  for (const auto& [dtype, width] : widths) {
    tensors.insert(tensors.begin(), {"t " + dtype, dtype, {2, 3}, data["t " + dtype]});
  }
  const tests::TemporaryFolder folder;
  write_safetensors(folder / "t.safetensors", tensors);
  const SafetensorsFile file(folder / "t.safetensors");
  ASSERT_EQ(file.header().tensors.size(), widths.size());
  EXPECT_TRUE(file.header().metadata.empty());
  for (const TensorInfo& info : file.header().tensors) {
    EXPECT_EQ(info.name, "t " + info.dtype);
    EXPECT_EQ(info.shape, (Shape{2, 3}));
    EXPECT_EQ(bytes_of(file, info), data[info.name]) << info.name;
    // Aligned in a file that is mapped into memory.
    EXPECT_EQ((file.header().data_at + info.begin) % dtype_bytes(info.dtype), 0u) << info.name;
  }
  EXPECT_EQ(file.header().data_at % 8, 0u);
  EXPECT_EQ(dtype_bytes("F8"), 0u);
  EXPECT_EQ(dtype_bytes(""), 0u);
}

TEST(Safetensors, OneNumberNoNumbersAndOddNamesComeBack) {
  const Metadata metadata = {{"step", "7"}, {"", ""}, {"quote \" and \n", "Grüße \\ 深層"}};
  const std::string one(4, '\x42'), name = "größe/深層.\"0\"\n";
  const tests::TemporaryFolder folder;
  write_safetensors(folder / "t",
                    {{"one", "F32", {}, one},
                     {"none", "F32", {3, 0, 2}, {}},
                     {name, "U8", {1, 1}, "z"},
                     {"", "I8", {1}, "y"}},
                    metadata);
  const SafetensorsFile file(folder / "t");
  EXPECT_EQ(file.header().metadata, metadata);
  std::map<std::string, std::pair<Shape, std::string>> found;
  for (const TensorInfo& info : file.header().tensors) {
    found[info.name] = {info.shape, bytes_of(file, info)};
  }
  EXPECT_EQ(
      found,
      (decltype(found){
          {"one", {{}, one}}, {"none", {{3, 0, 2}, ""}}, {name, {{1, 1}, "z"}}, {"", {{1}, "y"}}}));
}

TEST(Safetensors, AFileOfNoTensorsIsOne) {
  const tests::TemporaryFolder folder;
  write_safetensors(folder / "t", {});
  EXPECT_TRUE(SafetensorsFile(folder / "t").header().tensors.empty());
  write_safetensors(folder / "t", {}, {{"a", "b"}});
  EXPECT_EQ(SafetensorsFile(folder / "t").header().metadata, (Metadata{{"a", "b"}}));
}

TEST(Safetensors, TensorsComeInTheOrderOfTheirBytes) {
  const std::string text = file_of(
      R"({"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]},
          "a":{"data_offsets":[3,7],"dtype":"F32","shape":[1]},
          "c":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}    )",
      "1234567");
  const auto header = parse_safetensors(text, text.size(), "x");
  ASSERT_EQ(header.tensors.size(), 3u);
  EXPECT_EQ(header.tensors[0].name, "c");
  EXPECT_EQ(header.tensors[1].name, "b");
  EXPECT_EQ(header.tensors[2].name, "a");
  EXPECT_EQ(header.data_at, text.size() - 7);
}

TEST(Safetensors, RefusesAHeaderOfAWrongLength) {
  expect_refused("x is no safetensors file: it is cut short", "");
  expect_refused("x is no safetensors file: it is cut short", "1234567");
  expect_refused("x is cut short: its header wants 10 bytes", file_of("{}").substr(0, 9));
  std::string most = file_of("{}");
  const std::uint64_t limit = 100'000'000;  // little endian, as the machines of the course are
  std::memcpy(most.data(), &limit, 8);
  expect_refused("x is cut short: its header wants 100000008 bytes", most);
  ++most[0];
  expect_refused("its first 8 bytes tell of a header of 100000001 bytes", most);
  most.replace(0, 8, 8, '\xff');
  expect_refused("its first 8 bytes tell of a header of 18446744073709551615 bytes", most);
}

TEST(Safetensors, RefusesAHeaderThatIsNoObjectOfTensors) {
  expect_refused("x (header) is not valid JSON", file_of(""));
  expect_refused("x (header) is not valid JSON", file_of("{"));
  expect_refused("x (header) is not valid JSON", file_of("{} {}"));
  expect_refused("x (header) is not valid JSON", file_of("{\"\xff\":1}"));
  expect_refused("x: its header is no JSON object", file_of("[]"));
  expect_refused("x: its header is no JSON object", file_of("null"));
  expect_refused("nested deeper", file_of(std::string(1000, '[')));
  const std::string wants = "x: tensor \"a\" wants dtype, shape and data_offsets";
  expect_tensor_refused(wants, "3");
  expect_tensor_refused(wants, "{}");
  expect_tensor_refused(wants, R"({"dtype":"U8","shape":[0]})");
  expect_tensor_refused(wants, R"({"dtype":"U8","shape":[0],"offsets":[0,0]})");
  expect_tensor_refused(wants, R"({"dtype":"U8","shape":[0],"data_offsets":[0,0],"z":0})");
  const std::string tensor = R"("a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  expect_refused("has the key \"a\" twice", file_of("{" + tensor + "," + tensor + "}"));
  expect_tensor_refused("has the key \"dtype\" twice",
                        R"({"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]})");
}

TEST(Safetensors, RefusesATypeThatItDoesNotKnow) {
  for (const std::string dtype : {"\"F8_E4M3\"", "\"f32\"", "\"\"", "3", "null", "[\"F32\"]"}) {
    expect_tensor_refused("x: tensor \"a\" has a dtype that is not known: " + dtype,
                          R"({"dtype":)" + dtype + R"(,"shape":[1],"data_offsets":[0,4]})", "1234");
  }
}

TEST(Safetensors, RefusesShapesThatAreNone) {
  const auto refused = [](const std::string& part, const std::string& shape) {
    expect_tensor_refused(part, R"({"dtype":"F32","data_offsets":[0,4],"shape":)" + shape + "}",
                          "1234");
  };
  const std::string whole = "x: tensor \"a\": a size of its shape is no whole number from 0";
  refused(whole, "[-1]");
  refused(whole, "[1.0]");
  refused(whole, "[1e0]");
  refused(whole, "[\"1\"]");
  refused(whole, "[null]");
  refused(whole, "[18446744073709551616]");            // 2^64
  refused("is too large", "[18446744073709551615]");   // 2^64 - 1
  refused("is too large", "[9223372036854775808]");    // 2^63
  refused("is too large", "[4611686018427387904]");    // 2^62, times 4 bytes is 2^64
  refused("is too large", "[4294967296,4294967296]");  // 2^64 numbers
  refused("is too large", "[2147483648,2147483648,4294967297]");
  refused("shape is no list", "1");
  refused("shape is no list", "{}");
  refused("has 4 bytes, its dtype and shape want 0", "[9,0]");
  refused("has 4 bytes, its dtype and shape want 8", "[2]");
}

TEST(Safetensors, TakesUpTo16Dimensions) {
  const auto header = [](int dims) {
    std::string shape = "1";
    for (int i = 1; i < dims; ++i) shape += ",1";
    return file_of(R"({"a":{"dtype":"U8","data_offsets":[0,1],"shape":[)" + shape + "]}}", "1");
  };
  const std::string most = header(16);
  EXPECT_EQ(parse_safetensors(most, most.size(), "x").tensors.at(0).shape, Shape(16, 1));
  expect_refused("shape is no list of up to 16 numbers", header(17));
}

TEST(Safetensors, RefusesOffsetsThatDoNotTileTheData) {
  const auto one = [](const std::string& offsets) {
    return R"({"dtype":"F32","shape":[1],"data_offsets":)" + offsets + "}";
  };
  const std::string data = "12345678";
  const auto two = [&](const std::string& a, const std::string& b) {
    return file_of(R"({"a":)" + one(a) + R"(,"b":)" + one(b) + "}", data);
  };
  EXPECT_EQ(
      parse_safetensors(two("[4,8]", "[0,4]"), two("[4,8]", "[0,4]").size(), "x").tensors.size(),
      2u);
  expect_refused("the bytes of \"b\" begin at 2, wanted 4", two("[0,4]", "[2,6]"));
  expect_refused("the bytes of \"b\" begin at 0, wanted 4", two("[0,4]", "[0,4]"));
  expect_refused("the bytes of \"b\" begin at 6, wanted 4", two("[0,4]", "[6,10]"));
  expect_refused("the bytes of \"a\" begin at 4, wanted 0",
                 file_of(R"({"a":)" + one("[4,8]") + "}", data));
  expect_refused("ends before it begins", two("[4,0]", "[4,8]"));  // backwards
  expect_refused("has 3 bytes, its dtype and shape want 4", two("[0,3]", "[3,8]"));
  expect_refused("has 5 bytes, its dtype and shape want 4", two("[0,4]", "[4,9]"));
  expect_refused("x is cut short: its tensors want 8 bytes, it has 7",
                 file_of(R"({"a":)" + one("[0,4]") + R"(,"b":)" + one("[4,8]") + "}", "1234567"));
  expect_refused("x is too long: its tensors want 4 bytes, it has 8",
                 file_of(R"({"a":)" + one("[0,4]") + "}", data));
  expect_refused("x is too long: its tensors want 0 bytes, it has 1", file_of("{}", "1"));
  expect_tensor_refused("data_offsets is no pair", one("[0]"), "1234");
  expect_tensor_refused("data_offsets is no pair", one("[0,2,4]"), "1234");
  expect_tensor_refused("data_offsets is no pair", one("4"), "1234");
  expect_tensor_refused("data_offsets is no whole number from 0", one("[-4,0]"), "1234");
  expect_tensor_refused("data_offsets is no whole number from 0", one("[0,4.0]"), "1234");
  expect_tensor_refused("data_offsets is too large",
                        one("[18446744073709551612,18446744073709551615]"), "1234");
}

TEST(Safetensors, RefusesMetadataThatIsNoText) {
  expect_refused("__metadata__ is no object", file_of(R"({"__metadata__":3})"));
  expect_refused("__metadata__ is no object", file_of(R"({"__metadata__":["a"]})"));
  for (const std::string value : {"3", "null", "true", "{}", "[\"a\"]"}) {
    expect_refused("__metadata__ holds something that is no text",
                   file_of(R"({"__metadata__":{"a":"b","c":)" + value + "}}"));
  }
}

// A small file of every kind of entry.
void write_small(const fs::path& path) {
  write_safetensors(path, {{"a", "F32", {2}, "12345678"}, {"b", "U8", {}, "z"}}, {{"k", "v"}});
}

TEST(Safetensors, RefusesAFileThatWasCutAnywhere) {
  const tests::TemporaryFolder folder;
  write_small(folder / "t");
  const std::string whole = read_file(folder / "t");
  for (std::uint64_t size = whole.size(); size-- > 0;) {
    fs::resize_file(folder / "t", size);
    expect_error("cut short", [&] { SafetensorsFile(folder / "t"); });
    expect_refused("cut short", whole.substr(0, size));
  }
}

TEST(Safetensors, AnyOtherByteIsAnErrorOrAnotherFile) {
  const tests::TemporaryFolder folder;
  write_small(folder / "t");
  const std::string whole = read_file(folder / "t");
  int refused = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string file = whole;
      file[at] = static_cast<char>(file[at] ^ (1 << bit));
      try {
        parse_safetensors(file, file.size(), "x");
      } catch (const Error&) {
        ++refused;
      }  // any other exception fails the test
    }
  }
  EXPECT_GT(refused, 8 * 60);  // what holds the form together; letters of names are free
}

TEST(Safetensors, TellsWhenTheFileBecameShorter) {
  const tests::TemporaryFolder folder;
  write_small(folder / "t");
  const SafetensorsFile file(folder / "t");
  const TensorInfo first = file.header().tensors.at(0), second = file.header().tensors.at(1);
  fs::resize_file(folder / "t", file.header().data_at + 8);
  EXPECT_EQ(bytes_of(file, first), "12345678");
  expect_error("it became shorter", [&] { bytes_of(file, second); });
  fs::resize_file(folder / "t", file.header().data_at + 3);
  expect_error("it became shorter", [&] { bytes_of(file, first); });
}

TEST(Safetensors, TellsWhichFileCannotBeReadOrWritten) {
  const tests::TemporaryFolder folder;
  expect_error("cannot read " + (folder / "none").string(),
               [&] { SafetensorsFile(folder / "none"); });
  expect_error(folder.path().string(), [&] { SafetensorsFile(folder.path()); });
  expect_error("cannot write " + (folder / "none" / "t").string(),
               [&] { write_small(folder / "none" / "t"); });
}

TEST(Safetensors, BytesThatDoNotFitAreABug) {
  const tests::TemporaryFolder folder;
  const auto write = [&](const TensorBytes& tensor) { write_safetensors(folder / "t", {tensor}); };
  EXPECT_THROW(write({"a", "F32", {2}, "1234"}), std::logic_error);
  EXPECT_THROW(write({"a", "F32", {}, "12345"}), std::logic_error);
  EXPECT_THROW(write({"a", "F33", {1}, "1234"}), std::logic_error);
  EXPECT_THROW(write({"__metadata__", "U8", {1}, "1"}), std::logic_error);
  EXPECT_THROW(write({"a", "U8", {0, -1}, ""}), std::logic_error);
  EXPECT_THROW(write({"a", "U8", std::vector<std::int64_t>(17, 1), "1"}), std::logic_error);
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

}  // namespace
