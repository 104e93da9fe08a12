// What LibTorch finds on this machine, in plain words: the second half of ./dev doctor.
// Exits with 1 when a week could not run.
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/rand.h>
#include <dlfcn.h>
#include <torch/version.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <opencv2/core/utility.hpp>
#include <set>
#include <sstream>
#include <string>

namespace {

struct Finding {
  std::string mark;  // "ok", "note" or "WRONG"
  std::string text;
};

void print(const std::string& name, const Finding& finding) {
  std::printf("%-5s %-12s %s\n", finding.mark.c_str(), name.c_str(), finding.text.c_str());
}

// A CUDA version number of the driver or runtime, 13000 for 13.0, as text.
std::string cuda_version(long number) {
  return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);
}

// Why the driver shows no device to a LibTorch that has CUDA linked. `runtime`: the CUDA version
// that this LibTorch was built for.
std::string why_no_device(long runtime) {
  void* const driver = ::dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (driver == nullptr) {
    return "no NVIDIA driver: libcuda.so.1 is not on this machine; install the driver, or go on "
           "with the processor";
  }
  using Version = int (*)(int*);
  const auto version = reinterpret_cast<Version>(::dlsym(driver, "cuDriverGetVersion"));
  int supported = 0;
  if (version == nullptr || version(&supported) != 0) {
    return "the NVIDIA driver does not answer; is its kernel module loaded (nvidia-smi)?";
  }
  if (supported / 1000 < runtime / 1000) {
    return "the NVIDIA driver is too old: it knows CUDA " + cuda_version(supported) +
           ", this LibTorch wants " + cuda_version(runtime) + "; update the driver";
  }
  const char* const visible = std::getenv("CUDA_VISIBLE_DEVICES");
  if (visible != nullptr) {
    return "the driver shows no device; CUDA_VISIBLE_DEVICES=" + std::string(visible) +
           " may hide it";
  }
  return "the driver shows no device (nvidia-smi -L lists what it sees)";
}

Finding cuda() {
  const bool driver_here = std::ifstream("/proc/driver/nvidia/version").good();
  if (std::string(LIBTORCH_VARIANT) == "cpu") {
    return {driver_here ? "note" : "ok",
            std::string("not linked: this LibTorch is the CPU variant") +
                (driver_here ? ", though an NVIDIA driver is here; ./dev setup --torch cuda" : "")};
  }
  if (::dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_NOLOAD) == nullptr) {
    return {"WRONG",
            "not linked: the linker dropped libtorch_cuda.so; link it with -Wl,--no-as-needed, as "
            "cmake/LibTorch.cmake does"};
  }
  const auto& hooks = at::detail::getCUDAHooks();
  const int devices = at::hasCUDA() ? hooks.deviceCount() : 0;
  if (devices > 0) return {"ok", "linked; " + std::to_string(devices) + " device(s) visible"};
  return {"note", "linked, but no device is visible: " + why_no_device(hooks.versionCUDART())};
}

// The processor's flags as Linux names them.
Finding instruction_sets() {
  std::set<std::string> flags;
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("flags", 0) != 0) continue;
    std::istringstream words(line);
    for (std::string word; words >> word;) flags.insert(word);
    break;
  }
  std::string text;
  for (const auto& [flag, name] :
       {std::pair("avx2", "AVX2"), std::pair("avx512f", "AVX-512"),
        std::pair("avx512_bf16", "AVX-512 bf16"), std::pair("amx_bf16", "AMX bf16")}) {
    text += std::string(name) + (flags.count(flag) != 0 ? " yes, " : " no, ");
  }
  return {flags.count("avx2") != 0 ? "ok" : "note",
          text + "LibTorch uses " + at::get_cpu_capability()};
}

// Products of two [1024, 1024] matrices for a second, 2 * 1024^3 operations each.
Finding matmul_speed() {
  using Clock = std::chrono::steady_clock;
  constexpr int kSize = 1024;
  const auto a = at::rand({kSize, kSize}), b = at::rand({kSize, kSize});
  at::mm(a, b);  // warms up
  const auto start = Clock::now();
  double seconds = 0;
  int products = 0;
  while (seconds < 1) {
    at::mm(a, b);
    ++products;
    seconds = std::chrono::duration<double>(Clock::now() - start).count();
  }
  char text[96];
  std::snprintf(text, sizeof text, "%.0f GFLOP/s in float32 matrix products, %d threads",
                2e-9 * kSize * kSize * kSize * products / seconds, at::get_num_threads());
  return {"ok", text};
}

}  // namespace

int main() {
  try {
    print("LibTorch",
          {"ok", std::string(TORCH_VERSION) + ", " + LIBTORCH_VARIANT + " variant, from " +
                     LIBTORCH_ORIGIN + " (" + LIBTORCH_ROOT_DIR + ")"});
    const Finding found = cuda();
    print("CUDA", found);
    print("instructions", instruction_sets());
    print("speed", matmul_speed());
    print("OpenCV", {"ok", cv::getVersionString()});
    return found.mark == "WRONG" ? 1 : 0;
  } catch (const std::exception& error) {
    print("LibTorch", {"WRONG", error.what()});
    return 1;
  }
}
