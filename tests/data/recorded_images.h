// What record_images.py wrote: images as PIL and torchvision see them.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "common/base/files.h"
#include "common/base/safetensors.h"

namespace tests {

/// Returns a recorded file's bytes.
inline std::string reference_file(const std::string& name) {
  return common::base::read_file(COURSE_SOURCE_DIR "/tests/reference/" + name);
}

/// A tensor of images.safetensors.
template <class Number>
struct Recorded {
  std::vector<std::int64_t> shape;
  std::vector<Number> values;
};

/// Returns the tensor of that name, of numbers as wide as `Number`.
template <class Number>
Recorded<Number> recorded(const std::string& name) {
  const common::base::SafetensorsFile file(COURSE_SOURCE_DIR "/tests/reference/images.safetensors");
  for (const auto& tensor : file.header().tensors) {
    if (tensor.name != name) continue;
    Recorded<Number> found;
    found.shape = tensor.shape;
    found.values.resize((tensor.end - tensor.begin) / sizeof(Number));
    file.read(tensor, found.values.data());
    return found;
  }
  ADD_FAILURE() << "nothing was recorded as " << name;
  return {};
}

}  // namespace tests
