#include "common/base/device.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <sys/utsname.h>
#include <torch/version.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <memory>

#include "common/base/error.h"
#include "common/base/paths.h"

namespace common::base {
namespace {

// Returns what `command` prints, without the last newline; "" when it fails.
std::string output_of(const std::string& command) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "r"),
                                                             ::pclose);
  std::string text;
  std::array<char, 256> block{};
  while (pipe != nullptr && std::fgets(block.data(), block.size(), pipe.get()) != nullptr) {
    text += block.data();
  }
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// The commit of the sources; "-dirty" when what is built differs from it. Records and texts may
// change without making a measurement doubtful.
std::string commit() {
  const std::string git = "git -C '" + source_dir().string() + "' ";
  const std::string id = output_of(git + "rev-parse HEAD 2>/dev/null");
  if (id.empty()) return "unknown";
  const std::string changes = output_of(
      git +
      "status --porcelain -- . ':!*.md' ':!week*/results/*' ':!week*/pictures/*' 2>/dev/null");
  return id + (changes.empty() ? "" : "-dirty");
}

std::string line_value(const char* file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.rfind(key, 0) != 0) continue;
    const auto start = line.find_first_not_of("\t :=\"", key.size());
    if (start == std::string::npos) return "";
    const auto end = line.find_last_not_of("\" ");
    return line.substr(start, end - start + 1);
  }
  return "unknown";
}

}  // namespace

c10::Device pick_device(const std::string& text) {
  const bool has_cuda = at::hasCUDA() && at::detail::getCUDAHooks().deviceCount() > 0;
  if (text == "cpu" || (text == "auto" && !has_cuda)) return c10::Device(c10::kCPU);
  if (text == "auto") return c10::Device(c10::kCUDA, 0);
  int index = 0;
  if (text.rfind("cuda:", 0) == 0) {
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + 5, end, index);
    require(error == std::errc() && stop == end && index >= 0 && index < 128,
            "--device: wanted auto, cpu, cuda or cuda:N, found \"" + text + "\"");
  } else {
    require(text == "cuda", "--device: wanted auto, cpu, cuda or cuda:N, found \"" + text + "\"");
  }
  require(has_cuda, "--device " + text + ": no CUDA device here; ./dev doctor says why");
  const int count = at::detail::getCUDAHooks().deviceCount();
  require(index < count, "--device " + text + ": there are only " + std::to_string(count) +
                             " CUDA devices, counted from 0");
  return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(index));
}

Json environment(c10::Device device) {
  struct utsname system = {};
  ::uname(&system);
  return {{"commit", commit()},
          {"libtorch", TORCH_VERSION},
          {"processor", line_value("/proc/cpuinfo", "model name")},
          {"instruction_set", at::get_cpu_capability()},
          {"cores", ::sysconf(_SC_NPROCESSORS_ONLN)},
          {"threads", at::get_num_threads()},
          {"memory_bytes", static_cast<std::int64_t>(::sysconf(_SC_PHYS_PAGES)) *
                               static_cast<std::int64_t>(::sysconf(_SC_PAGESIZE))},
          {"device", device.str()},
          {"ranks", 1},
          {"system", line_value("/etc/os-release", "PRETTY_NAME") + ", " + system.sysname + " " +
                         system.release},
          {"compiler", __VERSION__}};
}

}  // namespace common::base
