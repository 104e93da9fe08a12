#include "common/train/checkpoint.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <zlib.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <regex>
#include <set>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/nearest.h"

namespace common::train {
using at::Tensor;
using base::Json;
using base::NamedTensors;
using base::require;
namespace fs = std::filesystem;
namespace {

constexpr const char* kFormat = "libtorch-course checkpoint 1";

// The checkpoints in a folder, newest first.
std::vector<fs::path> files_in(const fs::path& folder) {
  static const std::regex name("step-[0-9]+\\.safetensors");
  std::vector<fs::path> files;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (std::regex_match(entry.path().filename().string(), name)) files.push_back(entry.path());
  }
  std::sort(files.rbegin(), files.rend());
  return files;
}

// Of the state, and of names and bytes of the tensors in the order of their names.
std::string checksum(const std::string& state, const NamedTensors& tensors) {
  uLong sum = ::crc32(0, nullptr, 0);
  const auto add = [&](const void* bytes, std::size_t size) {
    sum = ::crc32_z(sum, static_cast<const Bytef*>(bytes), size);
  };
  add(state.data(), state.size());
  for (const auto& [name, tensor] : tensors) {
    add(name.data(), name.size());
    add(tensor.const_data_ptr(), tensor.nbytes());
  }
  return std::to_string(sum);
}

// The names of what is not the same, as "seed, settings".
std::string differences(const Json& a, const Json& b) {
  if (a == b) return {};
  if (!a.is_object() || !b.is_object()) return "identity";
  std::set<std::string> names;
  for (const auto* one : {&a, &b}) {
    for (const auto& [name, value] : one->items()) {
      if (a.value(name, Json()) != b.value(name, Json())) names.insert(name);
    }
  }
  return base::join({names.begin(), names.end()});
}

struct Read {
  NamedTensors tensors;
  Json json;
};

// Errors: `Error` when the file is no checkpoint or is damaged.
Read read(const fs::path& path) {
  base::TensorFile file = base::load_tensors(path);
  const auto& meta = file.metadata;
  const auto format = meta.find("format");
  require(format != meta.end() && format->second == kFormat,
          path.string() + " is no checkpoint of this course");
  require(meta.count("state") != 0 && meta.count("crc32") != 0 &&
              meta.at("crc32") == checksum(meta.at("state"), file.tensors),
          path.string() + " is damaged: its checksum differs");
  return {std::move(file.tensors), base::parse_json(meta.at("state"), path.string())};
}

}  // namespace

Part part_of_tensors(const std::string& name, NamedTensors tensors) {
  Part part;
  part.name = name;
  part.tensors = [tensors] { return tensors; };
  part.load_tensors = [tensors, name](const NamedTensors& state) mutable {
    base::copy_tensors(state, tensors, name);
  };
  return part;
}

Part part_of_generators(const Ranks& ranks, const c10::Device& device) {
  std::vector<at::Generator> generators = {at::globalContext().defaultGenerator(at::kCPU)};
  if (device.is_cuda()) generators.push_back(at::globalContext().defaultGenerator(device));
  const auto name_of = [](std::size_t i) { return i == 0 ? "cpu" : "cuda"; };
  Part part;
  part.name = "generators";
  part.tensors = [generators, name_of, ranks] {
    NamedTensors state;  // each [ranks, bytes]: every rank gathers equally often
    for (std::size_t i = 0; i < generators.size(); ++i) {
      state[name_of(i)] = ranks.all_gather(generators[i].get_state());
    }
    return state;
  };
  part.load_tensors = [generators, name_of, ranks](const NamedTensors& state) {
    const auto [rank, size] = ranks.world;
    for (std::size_t i = 0; i < generators.size(); ++i) {
      const auto found = state.find(name_of(i));
      at::Generator generator = generators[i];
      if (found == state.end()) continue;  // it went on without a GPU before
      TORCH_CHECK(found->second.dim() == 2 && found->second.scalar_type() == at::kByte,
                  "a generator's state for each rank was wanted");
      if (found->second.size(0) == size) {
        generator.set_state(found->second[rank].clone());
        continue;
      }
      const uLong seed = ::crc32_z(0, found->second.const_data_ptr<std::uint8_t>(),
                                   static_cast<std::size_t>(found->second.numel()));
      generator.set_current_seed(seed + static_cast<std::uint64_t>(rank));
    }
  };
  return part;
}

Checkpoints::Checkpoints(fs::path folder, Json identity, std::vector<Part> parts, bool writes)
    : folder_(std::move(folder)),
      identity_(std::move(identity)),
      parts_(std::move(parts)),
      writes_(writes) {}

void Checkpoints::save(std::int64_t step) const {
  if (!on()) return;
  NamedTensors tensors;
  Json numbers = Json::object();
  for (const auto& part : parts_) {
    const NamedTensors mine = part.tensors();  // may need all ranks
    if (!writes_) continue;
    for (const auto& [name, tensor] : mine) {
      tensors[part.name + "/" + name] = tensor.detach().to(at::kCPU).contiguous();
    }
    numbers[part.name] = part.numbers();
  }
  if (!writes_) return;
  const std::string state =
      base::line_of({{"step", step}, {"identity", identity_}, {"numbers", numbers}});
  char name[64];
  std::snprintf(name, sizeof name, "step-%09" PRId64 ".safetensors", step);
  base::make_folder(folder_);
  base::save_tensors(folder_ / name, tensors,
                     {{"format", kFormat}, {"state", state}, {"crc32", checksum(state, tensors)}});
  // Those of later steps are damaged ones that load() passed over.
  std::size_t kept = 0;
  for (const auto& path : files_in(folder_)) {
    std::error_code ignored;
    if (path.filename() > name || ++kept > 2) fs::remove(path, ignored);
  }
}

std::optional<std::int64_t> Checkpoints::load(
    const std::function<void(const std::string&)>& say) const {
  if (!on()) return std::nullopt;
  if (writes_) base::remove_asides(folder_);
  std::string damaged;
  for (const auto& path : files_in(folder_)) {
    std::optional<Read> found;
    try {
      found = read(path);
    } catch (const base::Error& error) {
      damaged = error.what();
      say("passing over a checkpoint: " + damaged);
      continue;
    }
    const Json& json = found->json;
    require(json.is_object(), path.string() + " is damaged: its state is no object");
    const std::string differing = differences(json.value("identity", Json()), identity_);
    require(differing.empty(), path.string() + " is a checkpoint of another run: its " + differing +
                                   " differ from this one's");
    require(json.contains("step") && json["step"].is_number_integer() && json.contains("numbers") &&
                json["numbers"].is_object(),
            path.string() + " is damaged: its state lacks step or numbers");
    for (const auto& part : parts_) {
      const std::string what = "\" are not those that were saved: ";
      try {
        part.load_tensors(base::with_prefix(found->tensors, part.name + "/"));
        part.load_numbers(json["numbers"].value(part.name, Json()));
      } catch (const Json::exception& error) {
        throw base::Error(path.string() + ": the numbers of \"" + part.name + what + error.what());
      } catch (const c10::Error& error) {
        throw base::Error(path.string() + ": the tensors of \"" + part.name + what +
                          error.what_without_backtrace());
      }
    }
    return json["step"].get<std::int64_t>();
  }
  require(damaged.empty(), "no checkpoint in " + folder_.string() + " can be read: " + damaged);
  return std::nullopt;
}

}  // namespace common::train
