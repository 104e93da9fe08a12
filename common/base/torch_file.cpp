#include "common/base/torch_file.h"

#include <cstring>
#include <utility>

#include "common/base/error.h"
#include "common/base/json.h"
#include "common/base/safetensors.h"
#include "common/base/zip.h"

namespace common::base {
namespace {

using Storages = std::map<std::string, TorchStorage>;

// 0x1950a86a20f9469cfc6c, the least byte first.
constexpr std::string_view kMagic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";

const std::map<std::string, std::string>& dtypes() {
  static const std::map<std::string, std::string> types = {
      {"torch.DoubleStorage", "F64"},    {"torch.FloatStorage", "F32"},
      {"torch.HalfStorage", "F16"},      {"torch.LongStorage", "I64"},
      {"torch.BFloat16Storage", "BF16"}, {"torch.IntStorage", "I32"},
      {"torch.ShortStorage", "I16"},     {"torch.CharStorage", "I8"},
      {"torch.ByteStorage", "U8"},       {"torch.BoolStorage", "BOOL"}};
  return types;
}

// Returns the storages that the pickle refers to, without their bytes: each as the tuple
// ("storage", type, key, device, count), in the old form with a sixth item for views.
Storages storages_of(const Pickle& pickle, const std::string& where) {
  const std::string what = where + ": a storage";
  Storages storages;
  for (const PickleValue& value : pickle.values) {
    if (value.kind != PickleValue::kOutside) continue;
    const auto& id = value.items[0]->items;
    require(id.size() >= 5 && id[0]->text == "storage" && id[1]->kind == PickleValue::kName &&
                id[2]->kind == PickleValue::kText && id[4]->kind == PickleValue::kInt,
            what + " is not described as PyTorch does");
    require(id.size() == 5 || (id.size() == 6 && id[5]->kind == PickleValue::kNone),
            what + " is part of another; load the file in Python and save it again");
    const auto dtype = dtypes().find(id[1]->text);
    require(dtype != dtypes().end() && id[4]->number >= 0, what + " has no type or no size");
    const TorchStorage storage{dtype->second, static_cast<std::uint64_t>(id[4]->number)};
    const auto [known, is_new] = storages.emplace(id[2]->text, storage);
    require(known->second.dtype == storage.dtype && known->second.count == storage.count,
            what + " is described in two ways");
  }
  return storages;
}

std::uint64_t bytes_of(const TorchStorage& storage, const std::string& where) {
  return tensor_bytes(storage.dtype, {static_cast<std::int64_t>(storage.count)},
                      where + ": a storage");
}

// A zip archive of one folder: data.pkl, data/KEY with the numbers of a storage, byteorder.
TorchFile new_form(std::string_view bytes, const std::set<std::string>& names,
                   const std::string& where) {
  // torch.save does not compress, so that the files hold less than the archive.
  auto files = read_zip(bytes, /*most_bytes=*/bytes.size(), where);
  const std::string first = files.empty() ? "" : files.begin()->first;
  const std::string folder = first.substr(0, first.find('/') + 1);
  const auto data = files.find(folder + "data.pkl"), order = files.find(folder + "byteorder");
  require(data != files.end(), where + " is no file of torch.save: it holds no data.pkl");
  require(order == files.end() || order->second == "little",
          where + " has numbers in big endian, wanted little endian");
  TorchFile file;
  file.pickle = parse_pickle(data->second, names, where);
  file.storages = storages_of(file.pickle, where);
  for (auto& [key, storage] : file.storages) {
    const auto found = files.find(folder + "data/" + key);
    require(found != files.end(), where + " lacks the file " + shown("data/" + key));
    storage.bytes = std::move(found->second);
    const std::uint64_t wanted = bytes_of(storage, where);
    require(storage.bytes.size() == wanted, where + ": the file " + shown("data/" + key) + " has " +
                                                std::to_string(storage.bytes.size()) +
                                                " bytes, wanted " + std::to_string(wanted));
  }
  return file;
}

// Pickles of a magic number, a version, the machine, what was saved and the keys of its storages;
// then of each storage the count of its numbers (8 bytes), and the numbers.
TorchFile old_form(std::string_view bytes, const std::set<std::string>& names,
                   const std::string& where) {
  const auto next = [&] {
    Pickle pickle = parse_pickle(bytes, names, where);
    bytes.remove_prefix(pickle.bytes);
    return pickle;
  };
  require(next().whole->text == kMagic, where + " is no file of torch.save: no magic number");
  require(next().whole->number == 1001, where + " has an unknown version of torch.save's format");
  const Pickle machine = next();
  const PickleValue* const little = find(*machine.whole, "little_endian", where);
  require(little != nullptr && little->number == 1,
          where + " has numbers in big endian, wanted little endian");
  TorchFile file;
  file.pickle = next();
  file.storages = storages_of(file.pickle, where);
  const Pickle keys = next();
  std::set<std::string> seen;
  for (const PickleValue* key : keys.whole->items) {
    const auto found = file.storages.find(key->text);
    require(found != file.storages.end() && seen.insert(key->text).second,
            where + " has a storage twice or for no tensor");
    TorchStorage& storage = found->second;
    const std::uint64_t size = bytes_of(storage, where);
    require(bytes.size() >= 8 && size <= bytes.size() - 8, where + " is cut short");
    std::uint64_t count = 0;
    std::memcpy(&count, bytes.data(), 8);
    require(count == storage.count, where + ": a storage has " + std::to_string(count) +
                                        " numbers, wanted " + std::to_string(storage.count));
    storage.bytes = bytes.substr(8, size);
    bytes.remove_prefix(8 + size);
  }
  require(seen.size() == file.storages.size(), where + " lacks the numbers of a storage");
  require(bytes.empty(), where + " is too long by " + std::to_string(bytes.size()) + " bytes");
  return file;
}

}  // namespace

TorchFile parse_torch_file(std::string_view bytes, const std::set<std::string>& functions,
                           const std::string& where) {
  std::set<std::string> names = functions;
  for (const auto& [name, dtype] : dtypes()) names.insert(name);
  const bool is_zip = bytes.starts_with("PK");
  require(is_zip || bytes.starts_with("\x80"),
          where + " is no file of torch.save: it is neither a zip archive nor a pickle");
  return is_zip ? new_form(bytes, names, where) : old_form(bytes, names, where);
}

const PickleValue* find(const PickleValue& dict, const std::string& key, const std::string& where) {
  const PickleValue* found = nullptr;
  if (dict.kind != PickleValue::kDict) return nullptr;
  for (std::size_t i = 0; i < dict.items.size(); i += 2) {
    if (dict.items[i]->kind != PickleValue::kText || dict.items[i]->text != key) continue;
    require(found == nullptr, where + " has the key " + shown(key) + " twice");
    found = dict.items[i + 1];
  }
  return found;
}

}  // namespace common::base
