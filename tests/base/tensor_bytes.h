// Numbers as the bytes that a safetensors file has of them.
#pragma once

#include <cstring>
#include <initializer_list>
#include <string>

#include "common/base/safetensors.h"

namespace tests {
using common::base::SafetensorsFile;
using common::base::TensorInfo;

inline std::string bytes_of(const SafetensorsFile& file, const TensorInfo& info) {
  std::string bytes(info.end - info.begin, '\0');
  file.read(info, bytes.data());
  return bytes;
}

template <class T>
std::string bytes_as(std::initializer_list<T> values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), values.begin(), bytes.size());
  return bytes;
}

}  // namespace tests
