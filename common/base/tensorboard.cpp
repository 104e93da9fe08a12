#include "common/base/tensorboard.h"

#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "common/base/error.h"

namespace common::base {
namespace {

std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78u : 0u);
    table[i] = crc;
  }
  return table;
}

// TFRecord stores checksums rotated and shifted, so that a checksum of checksums stays meaningful.
std::uint32_t masked(std::uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8u; }

// Little-endian, whatever the machine.
template <class T>
std::string little_endian(T value) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xff);
  }
  return bytes;
}

// Protocol buffers: a key (field number and wire type), then the value.
std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7f) | 0x80);
  return bytes + static_cast<char>(value);
}
std::string key(int field, int wire) {
  return varint(static_cast<std::uint64_t>(field) << 3 | wire);
}
std::string integer(int field, std::int64_t value) {
  return key(field, 0) + varint(static_cast<std::uint64_t>(value));
}
std::string fixed64(int field, double value) {
  return key(field, 1) + little_endian(std::bit_cast<std::uint64_t>(value));
}
std::string fixed32(int field, float value) {
  return key(field, 5) + little_endian(std::bit_cast<std::uint32_t>(value));
}
std::string nested(int field, const std::string& bytes) {
  return key(field, 2) + varint(bytes.size()) + bytes;
}

double now_s() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// Field numbers of event.proto and summary.proto.
constexpr int kEventWallTime = 1, kEventStep = 2, kEventFileVersion = 3, kEventSummary = 5,
              kEventSessionLog = 7, kSummaryValue = 1, kValueTag = 1, kValueSimpleValue = 2,
              kSessionStatus = 1, kSessionStart = 1;

std::string event_at(std::int64_t step) {
  return fixed64(kEventWallTime, now_s()) + integer(kEventStep, step);
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  static const auto table = crc_table();
  std::uint32_t crc = 0xffffffffu;
  for (const char c : bytes) crc = (crc >> 8) ^ table[(crc ^ static_cast<std::uint8_t>(c)) & 0xff];
  return crc ^ 0xffffffffu;
}

TensorBoardWriter::TensorBoardWriter(const std::filesystem::path& folder,
                                     std::optional<std::int64_t> first_step) {
  char host[256] = "localhost";
  ::gethostname(host, sizeof host - 1);
  path_ = folder / ("events.out.tfevents." + std::to_string(static_cast<long long>(now_s())) + "." +
                    host + "." + std::to_string(::getpid()));
  file_.reset(std::fopen(path_.c_str(), "ab"));
  require(file_ != nullptr, "cannot write " + path_.string() + ": " + std::strerror(errno));
  write_record(fixed64(kEventWallTime, now_s()) + nested(kEventFileVersion, "brain.Event:2"));
  if (first_step) {
    write_record(event_at(*first_step) +
                 nested(kEventSessionLog, integer(kSessionStatus, kSessionStart)));
  }
}

void TensorBoardWriter::scalar(const std::string& tag, double value, std::int64_t step) {
  const std::string point =
      nested(kValueTag, tag) + fixed32(kValueSimpleValue, static_cast<float>(value));
  write_record(event_at(step) + nested(kEventSummary, nested(kSummaryValue, point)));
}

void TensorBoardWriter::write_record(const std::string& event) {
  const std::string length = little_endian<std::uint64_t>(event.size());
  const std::string record =
      length + little_endian(masked(crc32c(length))) + event + little_endian(masked(crc32c(event)));
  const bool ok = std::fwrite(record.data(), 1, record.size(), file_.get()) == record.size() &&
                  std::fflush(file_.get()) == 0;
  require(ok, "cannot write " + path_.string() + ": " + std::strerror(errno));
}

}  // namespace common::base
