#include "common/base/named_tensors.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <c10/util/StringUtil.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/base/safetensors.h"
#include "common/base/state_dict.h"

namespace common::base {
using at::Tensor;
namespace {

constexpr std::array<std::pair<at::ScalarType, const char*>, 13> kNames = {{{at::kDouble, "F64"},
                                                                            {at::kFloat, "F32"},
                                                                            {at::kHalf, "F16"},
                                                                            {at::kBFloat16, "BF16"},
                                                                            {at::kLong, "I64"},
                                                                            {at::kInt, "I32"},
                                                                            {at::kShort, "I16"},
                                                                            {at::kChar, "I8"},
                                                                            {at::kUInt64, "U64"},
                                                                            {at::kUInt32, "U32"},
                                                                            {at::kUInt16, "U16"},
                                                                            {at::kByte, "U8"},
                                                                            {at::kBool, "BOOL"}}};

std::string name_of(const Tensor& tensor) {
  for (const auto& [type, name] : kNames) {
    if (type == tensor.scalar_type()) return name;
  }
  throw Error(std::string("safetensors has no name for tensors of type ") +
              toString(tensor.scalar_type()));
}

at::ScalarType type_of(const std::string& dtype) {
  for (const auto& [type, name] : kNames) {
    if (dtype == name) return type;
  }
  throw Error("no tensor type is called " + dtype);  // not reached: the reader knows only these
}

}  // namespace

void save_tensors(const std::filesystem::path& path, const NamedTensors& tensors,
                  const std::map<std::string, std::string>& metadata) {
  std::vector<Tensor> rows;  // keeps the bytes alive
  std::vector<TensorBytes> entries;
  for (const auto& [name, tensor] : tensors) {
    rows.push_back(tensor.detach().to(at::kCPU).contiguous());
    const Tensor& row = rows.back();
    entries.push_back(
        {name, name_of(row), row.sizes().vec(),
         std::string_view(static_cast<const char*>(row.const_data_ptr()), row.nbytes())});
  }
  write_safetensors(path, std::move(entries), metadata);
}

TensorFile load_tensors(const std::filesystem::path& path) {
  const SafetensorsFile file(path);
  TensorFile result;
  result.metadata = file.header().metadata;
  for (const auto& info : file.header().tensors) {
    const at::ScalarType type = type_of(info.dtype);
    // A bool that is neither 0 nor 1 would be undefined behaviour.
    Tensor tensor = at::empty(info.shape, type == at::kBool ? at::kByte : type);
    file.read(info, tensor.mutable_data_ptr());
    result.tensors.emplace(info.name, tensor.to(type));
  }
  return result;
}

NamedTensors load_state_dict(const std::filesystem::path& path) {
  if (path.extension() == ".safetensors") return load_tensors(path).tensors;
  NamedTensors result;
  for (const auto& [name, dtype, shape, bytes] : read_state_dict(path)) {
    Tensor tensor = at::empty(shape, type_of(dtype));
    std::copy(bytes.begin(), bytes.end(), static_cast<char*>(tensor.mutable_data_ptr()));
    result.emplace(name, std::move(tensor));
  }
  return result;
}

void copy_tensors(const NamedTensors& from, NamedTensors& to, const std::string& what) {
  const at::NoGradGuard no_grad;
  for (auto& [name, tensor] : to) {
    const auto found = from.find(name);
    require(found != from.end(), what + ": \"" + name + "\" is missing");
    require(found->second.sizes() == tensor.sizes(), what + ": \"" + name + "\" has the shape " +
                                                         c10::str(found->second.sizes()) +
                                                         ", wanted " + c10::str(tensor.sizes()));
    tensor.copy_(found->second);
  }
  for (const auto& [name, tensor] : from) {
    require(to.count(name) != 0, what + ": \"" + name + "\" is not known here");
  }
}

NamedTensors with_prefix(const NamedTensors& tensors, const std::string& prefix) {
  NamedTensors result;
  for (auto it = tensors.lower_bound(prefix); it != tensors.end(); ++it) {
    if (it->first.rfind(prefix, 0) != 0) break;
    result.emplace(it->first.substr(prefix.size()), it->second);
  }
  return result;
}

}  // namespace common::base
