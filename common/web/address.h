// Where a page listens.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/settings.h"

namespace common::web {

/// Where a page listens.
struct Address {
  std::string host = "127.0.0.1";
  std::int64_t port = 0;  // 0: any free one
};

/// Adds --host and --port; their defaults are what `address` says now.
void describe(base::Settings& settings, Address& address);

}  // namespace common::web
