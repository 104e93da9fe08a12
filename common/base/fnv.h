// A fast hash that is the same on every machine, to tell inputs apart: no protection against those
// who want two to look alike.
#pragma once

#include <cstdint>
#include <string_view>

namespace common::base {

/// FNV-1a with 64 bits, over texts one after another.
class Fnv1a {
 public:
  /// Adds the text and its end, so that "ab", "c" and "a", "bc" differ.
  void add(std::string_view text) {
    for (const char c : text) add(c);
    add('\0');
  }
  std::uint64_t value() const { return value_; }

 private:
  void add(char c) { value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001b3u; }
  std::uint64_t value_ = 0xcbf29ce484222325u;
};

}  // namespace common::base
