// Bytes as text.
#pragma once

#include <string>
#include <string_view>

namespace common::base {

/// Returns `bytes` in base64 with padding. Source: RFC 4648, section 4.
std::string base64(std::string_view bytes);

}  // namespace common::base
