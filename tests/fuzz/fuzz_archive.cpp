// Fuzzes unpack() and unpack_xz(): whatever the bytes are, only files and folders appear, within
// the limits, and none outside the folder.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/data/unpack.h"

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxBytes = 1 << 20;

fs::path scratch() {
  const fs::path memory = "/dev/shm";
  return (fs::is_directory(memory) ? memory : fs::temp_directory_path()) /
         ("fuzz-archive-" + std::to_string(::getpid()));
}

// Aborts unless `folder` holds plain files and folders only, kMaxBytes in all.
void check(const fs::path& folder) {
  std::uint64_t sum = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const auto type = entry.symlink_status().type();
    if (type != fs::file_type::regular && type != fs::file_type::directory) std::abort();
    if (type == fs::file_type::regular) sum += entry.file_size();
  }
  if (sum > kMaxBytes) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const fs::path folder = scratch();
  fs::remove_all(folder);
  fs::create_directories(folder / "out");
  const std::string_view file(reinterpret_cast<const char*>(bytes), size);
  common::base::write_file(folder / "archive", file);
  try {
    common::data::unpack(folder / "archive", folder / "out", {.entries = 50, .bytes = kMaxBytes});
  } catch (const common::base::Error&) {
  }
  try {
    common::data::unpack_xz(folder / "archive", folder / "out.xz", kMaxBytes);
    if (fs::file_size(folder / "out.xz") > kMaxBytes) std::abort();
  } catch (const common::base::Error&) {
    if (fs::exists(folder / "out.xz")) std::abort();
  }
  check(folder / "out");
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (name != "archive" && name != "out" && name != "out.xz") std::abort();
  }
  fs::remove_all(folder);
  return 0;
}
