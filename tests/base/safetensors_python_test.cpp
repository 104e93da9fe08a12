// Safetensors: Python reads what we write, and we read what it writes.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "common/base/json.h"
#include "common/base/safetensors.h"
#include "tests/base/tensor_bytes.h"
#include "tests/temporary_folder.h"

namespace {
namespace fs = std::filesystem;
using common::base::Json;
using common::base::write_safetensors;
using namespace tests;

// Runs a script of this folder with Python; returns what it printed.
std::string python(const std::string& script, const fs::path& argument) {
  const std::string command = std::string("'") + std::getenv("COURSE_TEST_PYTHON") +
                              "' '" COURSE_SOURCE_DIR "/tests/base/" + script + "' '" +
                              argument.string() + "' 2>&1";
  std::string printed;
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  std::array<char, 4096> block{};
  while (std::fgets(block.data(), block.size(), pipe) != nullptr) printed += block.data();
  EXPECT_EQ(::pclose(pipe), 0) << printed;
  return printed;
}

TEST(Safetensors, PythonReadsWhatWeWrite) {
  if (std::getenv("COURSE_TEST_PYTHON") == nullptr) {
    GTEST_SKIP() << "needs safetensors from PyPI; ./dev test installs it";
  }
  const TemporaryFolder folder;
  const std::string f64 = bytes_as<double>({0.1, -1e300}), f32 = bytes_as<float>({1.5f, -0.25f}),
                    f16 = bytes_as<std::uint16_t>({0x3e00, 0xc000}),  // 1.5, -2
      i64 = bytes_as<std::int64_t>({INT64_MIN, 1}), i32 = bytes_as<std::int32_t>({INT32_MIN, 2}),
                    i16 = bytes_as<std::int16_t>({INT16_MIN, 3}),
                    i8 = bytes_as<std::int8_t>({-128, 4}),
                    u64 = bytes_as<std::uint64_t>({UINT64_MAX, 5}),
                    u32 = bytes_as<std::uint32_t>({UINT32_MAX, 6}),
                    u16 = bytes_as<std::uint16_t>({65535, 7}),
                    u8 = bytes_as<std::uint8_t>({255, 8});
  write_safetensors(folder / "t",
                    {{"f64", "F64", {2}, f64},
                     {"f32", "F32", {2, 1}, f32},
                     {"f16", "F16", {2}, f16},
                     {"i64", "I64", {2}, i64},
                     {"i32", "I32", {2}, i32},
                     {"i16", "I16", {2}, i16},
                     {"i8", "I8", {2}, i8},
                     {"u64", "U64", {2}, u64},
                     {"u32", "U32", {2}, u32},
                     {"u16", "U16", {2}, u16},
                     {"u8", "U8", {2}, u8},
                     {"größe \"0\"", "BOOL", {2}, std::string_view("\1\0", 2)},
                     {"one", "F32", {}, std::string_view(f32).substr(0, 4)},
                     {"none", "I64", {0, 3}, {}}},
                    {{"step", "7"}, {"note", "Grüße \\ 深層"}});
  const Json found = Json::parse(python("read_safetensors.py", folder / "t"), nullptr, false);
  const Json wanted = Json::parse(R"({
      "metadata": {"note": "Grüße \\ 深層", "step": "7"},
      "tensors": {
        "f16": ["float16", [2], [1.5, -2.0]],
        "f32": ["float32", [2, 1], [[1.5], [-0.25]]],
        "f64": ["float64", [2], [0.1, -1e300]],
        "größe \"0\"": ["bool", [2], [true, false]],
        "i16": ["int16", [2], [-32768, 3]],
        "i32": ["int32", [2], [-2147483648, 2]],
        "i64": ["int64", [2], [-9223372036854775808, 1]],
        "i8": ["int8", [2], [-128, 4]],
        "none": ["int64", [0, 3], []],
        "one": ["float32", [], 1.5],
        "u16": ["uint16", [2], [65535, 7]],
        "u32": ["uint32", [2], [4294967295, 6]],
        "u64": ["uint64", [2], [18446744073709551615, 5]],
        "u8": ["uint8", [2], [255, 8]]}})");
  EXPECT_EQ(found.dump(1), wanted.dump(1));
}

TEST(Safetensors, WeReadWhatPythonWrites) {
  if (std::getenv("COURSE_TEST_PYTHON") == nullptr) {
    GTEST_SKIP() << "needs safetensors from PyPI; ./dev test installs it";
  }
  const TemporaryFolder folder;
  python("write_safetensors.py", folder / "t");
  const SafetensorsFile file(folder / "t");
  EXPECT_EQ(file.header().metadata,
            (std::map<std::string, std::string>{{"note", "Grüße \\ 深層"}, {"step", "7"}}));
  std::map<std::string, std::tuple<std::string, std::vector<std::int64_t>, std::string>> found;
  for (const TensorInfo& info : file.header().tensors) {
    found[info.name] = {info.dtype, info.shape, bytes_of(file, info)};
  }
  EXPECT_EQ(found,
            (decltype(found){{"f64", {"F64", {2}, bytes_as<double>({0.1, -1e300})}},
                             {"f32", {"F32", {2, 3}, bytes_as<float>({0, 1, 2, 3, 4, 5})}},
                             {"f16", {"F16", {2}, bytes_as<std::uint16_t>({0x3e00, 0xc000})}},
                             {"i64", {"I64", {2}, bytes_as<std::int64_t>({INT64_MIN, INT64_MAX})}},
                             {"u8", {"U8", {3}, bytes_as<std::uint8_t>({0, 1, 255})}},
                             {"größe \"0\"", {"BOOL", {2}, std::string("\1\0", 2)}},
                             {"one", {"F32", {}, bytes_as<float>({1.5f})}},
                             {"none", {"I64", {0, 3}, ""}}}));
}

}  // namespace
