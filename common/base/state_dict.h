// What Python's torch.save(model.state_dict(), FILE) wrote (.pth, .pt), read without LibTorch,
// whose own reader knows no OrderedDict (github.com/pytorch/pytorch/issues/100741).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace common::base {

/// A tensor of a state_dict.
struct StateTensor {
  std::string name;
  std::string dtype;  ///< as safetensors calls it: F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL
  std::vector<std::int64_t> shape;  ///< empty: one number
  std::string bytes;                ///< row by row, little endian
};

/// Returns the tensors in the file's order. A checkpoint that keeps the state_dict under
/// "state_dict" or "model" will do. Nothing that the file asks for is run, so that a stranger's
/// file does no harm.
/// Errors: `Error` when it is no such file or damaged, holds other things than tensors, or its
/// tensors take more than four times its size (many views of few numbers).
std::vector<StateTensor> read_state_dict(const std::filesystem::path& path);

/// The same for a file's bytes; `where` names it in messages.
std::vector<StateTensor> parse_state_dict(std::string_view bytes, const std::string& where);

}  // namespace common::base
