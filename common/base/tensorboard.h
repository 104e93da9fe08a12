// TensorBoard event files: scalars in TFRecord framing, readable by `tensorboard --logdir`.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace common::base {

/// Returns CRC-32C (Castagnoli) of `bytes`, the checksum of TFRecord.
std::uint32_t crc32c(std::string_view bytes);

/// Appends scalars to one event file.
/// Source: the formats of tensorflow's lib/io/record_writer and of event.proto and summary.proto.
class TensorBoardWriter {
 public:
  /// Opens FOLDER/events.out.tfevents.TIME.HOST.PID. For a resumed run `first_step` tells
  /// TensorBoard to forget what an earlier file has from that step on.
  /// Errors: `Error` when the file cannot be made.
  explicit TensorBoardWriter(const std::filesystem::path& folder,
                             std::optional<std::int64_t> first_step = {});

  /// Adds one point of the curve `tag`, and hands it to the operating system.
  /// Errors: `Error` when the disk is full.
  void scalar(const std::string& tag, double value, std::int64_t step);

  const std::filesystem::path& path() const { return path_; }

 private:
  void write_record(const std::string& event);
  std::filesystem::path path_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_{nullptr, &std::fclose};
};

}  // namespace common::base
