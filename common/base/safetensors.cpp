#include "common/base/safetensors.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <set>
#include <stdexcept>
#include <utility>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/json.h"

namespace common::base {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kMostHeaderBytes = 100'000'000;  // the limit of the reference reader
constexpr std::size_t kMostTensors = 1u << 14, kMostDimensions = 16;

constexpr std::array<std::pair<std::string_view, std::uint64_t>, 13> kDtypes = {{{"F64", 8},
                                                                                 {"I64", 8},
                                                                                 {"U64", 8},
                                                                                 {"F32", 4},
                                                                                 {"I32", 4},
                                                                                 {"U32", 4},
                                                                                 {"F16", 2},
                                                                                 {"BF16", 2},
                                                                                 {"I16", 2},
                                                                                 {"U16", 2},
                                                                                 {"I8", 1},
                                                                                 {"U8", 1},
                                                                                 {"BOOL", 1}}};

// Returns a * b. Errors: `Error` when that is more than 2^63 - 1.
std::uint64_t product(std::uint64_t a, std::uint64_t b, const std::string& what) {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  require(b == 0 || a <= most / b, what + " is too large");
  return a * b;
}

std::uint64_t whole(const Json& json, const std::string& what) {
  require(json.is_number_unsigned(), what + " is no whole number from 0");
  const auto value = json.get<std::uint64_t>();
  require(value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()),
          what + " is too large");
  return value;
}

TensorInfo tensor_info(const std::string& name, const Json& json, const std::string& where) {
  const std::string what = where + ": tensor " + shown(name);
  require(json.is_object() && json.size() == 3 && json.contains("dtype") &&
              json.contains("shape") && json.contains("data_offsets"),
          what + " wants dtype, shape and data_offsets, and nothing else");
  TensorInfo info;
  info.name = name;
  require(json["dtype"].is_string() && dtype_bytes(json["dtype"].get<std::string>()) > 0,
          what + " has a dtype that is not known: " + json["dtype"].dump().substr(0, 40));
  info.dtype = json["dtype"].get<std::string>();
  require(json["shape"].is_array() && json["shape"].size() <= kMostDimensions,
          what + ": shape is no list of up to 16 numbers");
  for (const auto& n : json["shape"]) {
    info.shape.push_back(static_cast<std::int64_t>(whole(n, what + ": a size of its shape")));
  }
  const Json& offsets = json["data_offsets"];
  require(offsets.is_array() && offsets.size() == 2, what + ": data_offsets is no pair");
  info.begin = whole(offsets[0], what + ": data_offsets");
  info.end = whole(offsets[1], what + ": data_offsets");
  const std::uint64_t wanted = tensor_bytes(info.dtype, info.shape, what);
  require(info.begin <= info.end, what + " ends before it begins");
  require(info.end - info.begin == wanted, what + " has " + std::to_string(info.end - info.begin) +
                                               " bytes, its dtype and shape want " +
                                               std::to_string(wanted));
  return info;
}

}  // namespace

std::uint64_t dtype_bytes(std::string_view dtype) {
  for (const auto& [name, bytes] : kDtypes) {
    if (name == dtype) return bytes;
  }
  return 0;
}

std::uint64_t tensor_bytes(std::string_view dtype, const std::vector<std::int64_t>& shape,
                           const std::string& what) {
  // Sizes of 0 are left out of the product: strides overflow although there are no bytes.
  std::uint64_t bytes = dtype_bytes(dtype);
  bool none = false;
  for (const auto n : shape) {
    none = none || n == 0;
    if (n != 0) bytes = product(bytes, static_cast<std::uint64_t>(n), what);
  }
  return none ? 0 : bytes;
}

std::uint64_t header_bytes(std::string_view first, const std::string& where) {
  require(first.size() >= 8, where + " is no safetensors file: it is cut short");
  std::uint64_t length = 0;
  for (int i = 7; i >= 0; --i) {
    length = (length << 8) | static_cast<unsigned char>(first[static_cast<std::size_t>(i)]);
  }
  require(length <= kMostHeaderBytes,
          where + " is no safetensors file: its first 8 bytes tell of a header of " +
              std::to_string(length) + " bytes");
  return 8 + length;
}

SafetensorsHeader parse_safetensors(std::string_view text, std::uint64_t file_bytes,
                                    const std::string& where) {
  SafetensorsHeader header;
  header.data_at = header_bytes(text, where);
  require(header.data_at <= text.size() && header.data_at <= file_bytes,
          where + " is cut short: its header wants " + std::to_string(header.data_at) + " bytes");
  const Json json =
      parse_json(text.substr(8, header.data_at - 8), where + " (header)", kMostTensors + 1);
  require(json.is_object(), where + ": its header is no JSON object");
  for (const auto& [name, value] : json.items()) {
    if (name != "__metadata__") {
      header.tensors.push_back(tensor_info(name, value, where));
      continue;
    }
    require(value.is_object(), where + ": __metadata__ is no object");
    for (const auto& [key, word] : value.items()) {
      require(word.is_string(), where + ": __metadata__ holds something that is no text");
      header.metadata[key] = word.get<std::string>();
    }
  }
  std::sort(header.tensors.begin(), header.tensors.end(), [](const auto& a, const auto& b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  });
  std::uint64_t at = 0;
  for (const auto& tensor : header.tensors) {
    require(tensor.begin == at, where + ": the bytes of " + shown(tensor.name) + " begin at " +
                                    std::to_string(tensor.begin) + ", wanted " +
                                    std::to_string(at));
    at = tensor.end;
  }
  const std::uint64_t data_bytes = file_bytes - header.data_at;
  require(at == data_bytes, where + (at > data_bytes ? " is cut short: " : " is too long: ") +
                                "its tensors want " + std::to_string(at) + " bytes, it has " +
                                std::to_string(data_bytes));
  return header;
}

SafetensorsFile::SafetensorsFile(fs::path path) : path_(std::move(path)) {
  const std::string where = path_.string();
  std::error_code error;
  const std::uint64_t size = fs::file_size(path_, error);
  require(!error, "cannot read " + where + ": " + error.message());
  file_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  require(file_ >= 0, "cannot read " + where + ": " + std::strerror(errno));
  try {
    std::string text(std::min<std::uint64_t>(size, 8), '\0');
    read({"", "U8", {}, 0, text.size()}, text.data());  // data_at is 0 still
    const std::uint64_t wanted = header_bytes(text, where);
    require(wanted <= size, where + " is cut short: it has " + std::to_string(size) +
                                " bytes, its header wants " + std::to_string(wanted));
    text.resize(wanted);
    read({"", "U8", {}, 0, wanted}, text.data());
    header_ = parse_safetensors(text, size, where);
  } catch (...) {
    ::close(file_);
    throw;
  }
}

SafetensorsFile::~SafetensorsFile() { ::close(file_); }

void SafetensorsFile::read(const TensorInfo& tensor, void* to) const {
  auto* out = static_cast<char*>(to);
  for (std::uint64_t at = tensor.begin; at < tensor.end;) {
    const ssize_t got =
        ::pread(file_, out, tensor.end - at, static_cast<off_t>(header_.data_at + at));
    if (got < 0 && errno == EINTR) continue;
    require(got > 0, "cannot read " + path_.string() + ": " +
                         (got == 0 ? "it became shorter" : std::strerror(errno)));
    out += got;
    at += static_cast<std::uint64_t>(got);
  }
}

void write_safetensors(const fs::path& path, std::vector<TensorBytes> tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::stable_sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) {
    return dtype_bytes(a.dtype) > dtype_bytes(b.dtype);
  });
  std::set<std::string> names = {"__metadata__"};
  std::string text = "{";
  if (!metadata.empty()) text += "\"__metadata__\":" + Json(metadata).dump() + ",";
  std::uint64_t at = 0;
  for (const auto& tensor : tensors) {
    const bool fits = dtype_bytes(tensor.dtype) > 0 && tensor.shape.size() <= kMostDimensions &&
                      std::all_of(tensor.shape.begin(), tensor.shape.end(),
                                  [](std::int64_t n) { return n >= 0; }) &&
                      tensor_bytes(tensor.dtype, tensor.shape, tensor.name) == tensor.bytes.size();
    if (!fits || !names.insert(tensor.name).second || tensors.size() > kMostTensors) {
      throw std::logic_error("write_safetensors: " + shown(tensor.name) +
                             " has bytes that do not fit, or a name that is taken");
    }
    const Json info = {{"dtype", tensor.dtype},
                       {"shape", tensor.shape},
                       {"data_offsets", {at, at + tensor.bytes.size()}}};
    text += Json(tensor.name).dump() + ":" + info.dump() + ",";
    at += tensor.bytes.size();
  }
  if (text.back() == ',') text.pop_back();
  text += "}";
  text.append((8 - text.size() % 8) % 8, ' ');
  std::string start;
  for (std::uint64_t length = text.size(), i = 0; i < 8; ++i, length >>= 8) {
    start += static_cast<char>(length & 0xff);
  }
  start += text;
  std::vector<std::string_view> parts = {start};
  for (const auto& tensor : tensors) parts.push_back(tensor.bytes);
  write_file(path, parts);
}

}  // namespace common::base
