// A file that is part of the executable.
#pragma once

#include <string_view>

namespace common::web {

/// A file that embed_assets (cmake/Week.cmake) has put into the executable.
struct Asset {
  std::string_view name;   // as "playground.js"
  std::string_view bytes;  // the whole file
};

}  // namespace common::web
