// Safetensors: the file format for named tensors that Python's libraries read and write.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace common::base {

/// What a safetensors file says of one tensor.
struct TensorInfo {
  std::string name;
  std::string dtype;                 ///< F64 F32 F16 BF16 I64 I32 I16 I8 U64 U32 U16 U8 BOOL
  std::vector<std::int64_t> shape;   ///< empty: one number
  std::uint64_t begin = 0, end = 0;  ///< bytes of the data part, row by row, little endian
};

/// The header of a file. `tensors` are in the order of their bytes.
struct SafetensorsHeader {
  std::vector<TensorInfo> tensors;
  std::map<std::string, std::string> metadata;
  std::uint64_t data_at = 0;  ///< where the data part begins in the file
};

/// Returns the bytes of one number of `dtype`, or 0 when there is no such dtype.
std::uint64_t dtype_bytes(std::string_view dtype);

/// Returns the bytes of a tensor of `dtype`; `what` begins the message.
/// Errors: `Error` when they, or its sizes without those of 0, are more than 2^63 - 1.
std::uint64_t tensor_bytes(std::string_view dtype, const std::vector<std::int64_t>& shape,
                           const std::string& what);

/// Parses the start of a file of `file_bytes` bytes; `where` names it in messages.
/// Args: `text` holds at least 8 bytes and the whole header (`header_bytes` tells how many).
/// Errors: `Error` when the length, the JSON, a dtype or a shape is wrong, or the tensors do not
/// fill the data part from begin to end without a gap.
/// Source: github.com/huggingface/safetensors, section "Format".
SafetensorsHeader parse_safetensors(std::string_view text, std::uint64_t file_bytes,
                                    const std::string& where);

/// Returns how many bytes of the file the header takes, the 8 of its length included.
/// Errors: `Error` when `first` has fewer than 8 bytes or tells of more than 100 MB.
std::uint64_t header_bytes(std::string_view first, const std::string& where);

/// A file, open for reading.
class SafetensorsFile {
 public:
  /// Errors: `Error` when it cannot be read or is no safetensors file.
  explicit SafetensorsFile(std::filesystem::path path);
  ~SafetensorsFile();
  SafetensorsFile(const SafetensorsFile&) = delete;
  SafetensorsFile& operator=(const SafetensorsFile&) = delete;

  const SafetensorsHeader& header() const { return header_; }
  /// Copies the tensor's bytes to `to`, which has room for end - begin.
  /// Errors: `Error` when the file became shorter or cannot be read.
  void read(const TensorInfo& tensor, void* to) const;

 private:
  std::filesystem::path path_;
  int file_ = -1;
  SafetensorsHeader header_;
};

/// A tensor to write: `bytes` must hold what dtype and shape say.
struct TensorBytes {
  std::string name, dtype;
  std::vector<std::int64_t> shape;
  std::string_view bytes;
};

/// Writes the file aside and renames it. Tensors of wider numbers come first, so that each is
/// aligned.
/// Errors: `Error` when it cannot be written; `std::logic_error` for bytes that do not fit or a
/// name that is there twice.
void write_safetensors(const std::filesystem::path& path, std::vector<TensorBytes> tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace common::base
