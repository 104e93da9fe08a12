// Named tensors: the state of models and optimizers, kept in safetensors files.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>

namespace common::base {

using NamedTensors = std::map<std::string, at::Tensor>;

/// What a file of tensors holds.
struct TensorFile {
  NamedTensors tensors;
  std::map<std::string, std::string> metadata;
};

/// Writes the tensors (of any device and layout) as a safetensors file, aside and renamed.
/// Errors: `Error` when it cannot be written or a tensor's type has no name in the format.
void save_tensors(const std::filesystem::path& path, const NamedTensors& tensors,
                  const std::map<std::string, std::string>& metadata = {});

/// Reads a safetensors file; tensors are on the CPU, row by row.
/// Errors: `Error` when it cannot be read or is damaged.
TensorFile load_tensors(const std::filesystem::path& path);

/// Reads the weights of a model that Python wrote: a file of safetensors by its extension, else one
/// of torch.save(model.state_dict(), FILE).
/// Errors: `Error` when it is neither, is damaged, or holds other things than tensors.
NamedTensors load_state_dict(const std::filesystem::path& path);

/// Copies each tensor of `from` into the one of the same name in `to`; device and layout stay those
/// of `to`.
/// Errors: `Error` when a name is missing or too many, or a shape differs; `what` (say "the
/// optimizer") begins the message. `to` may then have been changed in part.
void copy_tensors(const NamedTensors& from, NamedTensors& to, const std::string& what);

/// Returns the entries whose names begin with `prefix`, without it.
NamedTensors with_prefix(const NamedTensors& tensors, const std::string& prefix);

}  // namespace common::base
