// Files of Python's torch.save, taken apart without LibTorch: a pickle, and the numbers it refers
// to.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "common/base/pickle.h"

namespace common::base {

/// Numbers that one or several tensors are views of.
struct TorchStorage {
  std::string dtype;        ///< as safetensors calls it: F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL
  std::uint64_t count = 0;  ///< of numbers
  std::string bytes = {};   ///< little endian
};

/// A file of torch.save.
struct TorchFile {
  Pickle pickle;                                 ///< its outside values are the storages
  std::map<std::string, TorchStorage> storages;  ///< by their keys

  /// Returns the one that an outside value of `pickle` refers to.
  const TorchStorage& storage(const PickleValue& outside) const {
    return storages.at(outside.items[0]->items[2]->text);
  }
};

/// Takes apart a file's bytes; `where` names it in messages.
/// Args: `functions` are those that its pickle may name besides types of storages.
/// Errors: `Error` when it is no such file, or damaged, or its pickle names other things.
/// Source: github.com/pytorch/pytorch, torch/serialization.py: a zip archive, or before version 1.6
/// five pickles and the numbers. Differs: complex and quantized numbers are refused.
TorchFile parse_torch_file(std::string_view bytes, const std::set<std::string>& functions,
                           const std::string& where);

/// Returns what the dict has under `key`, or nullptr.
/// Errors: `Error` when it is there twice.
const PickleValue* find(const PickleValue& dict, const std::string& key, const std::string& where);

}  // namespace common::base
