#include "common/data/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "common/base/error.h"
#include "common/base/files.h"

namespace common::data {
namespace {

struct Inflater {
  z_stream stream = {};
  Inflater() {
    // 15 bits of window, +16: a gzip header and trailer, which zlib verifies.
    base::require(inflateInit2(&stream, 15 + 16) == Z_OK, "zlib: out of memory");
  }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
};

}  // namespace

bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

std::string gunzip(std::string_view bytes, const std::string& name, std::uint64_t max_bytes) {
  base::require(is_gzip(bytes), name + " is not a gzip file");
  base::require(bytes.size() <= std::numeric_limits<uInt>::max(), name + " is larger than 4 GB");
  Inflater inflater;
  z_stream& stream = inflater.stream;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string held;
  std::string block(1 << 16, '\0');
  for (;;) {
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    const int status = inflate(&stream, Z_NO_FLUSH);
    held.append(block, 0, block.size() - stream.avail_out);
    base::require(
        held.size() <= max_bytes,
        name + " holds more than " + base::human_bytes(max_bytes) + ", the most that is read here");
    if (status == Z_STREAM_END) {
      if (stream.avail_in == 0) return held;
      const std::string_view rest = bytes.substr(bytes.size() - stream.avail_in);
      base::require(is_gzip(rest),
                    name + " has " + std::to_string(rest.size()) + " bytes behind its gzip data");
      inflateReset(&stream);  // the next member
    } else if (status == Z_BUF_ERROR ||
               (status == Z_OK && stream.avail_in == 0 && stream.avail_out != 0)) {
      throw base::Error(name + " ends in the middle of its gzip data, after " +
                        std::to_string(bytes.size()) + " bytes");
    } else if (status != Z_OK) {
      throw base::Error(name + " has damaged gzip data" +
                        (stream.msg != nullptr ? std::string(": ") + stream.msg : std::string()));
    }
  }
}

}  // namespace common::data
