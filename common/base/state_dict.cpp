#include "common/base/state_dict.h"

#include <set>
#include <utility>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/json.h"
#include "common/base/safetensors.h"
#include "common/base/torch_file.h"

namespace common::base {
namespace {

using Numbers = std::vector<std::int64_t>;

constexpr std::uint64_t kMostFileBytes = 8'000'000'000;
constexpr std::size_t kMostTensors = 100'000, kMostDimensions = 16;
constexpr std::uint64_t kMostCopies = 4;  // of the file's bytes, by tensors that overlap

// Functions of storage, offset, shape, strides, and what training needs; the first before 0.4.
const char* const kTensor[] = {"torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2"};
// Functions of a tensor, and what training needs; the first before 0.4.
const char* const kParameter[] = {"torch.nn.parameter.Parameter",
                                  "torch._utils._rebuild_parameter"};

// A tensor as a pickle describes it: steps through a storage.
struct View {
  const TorchStorage* storage = nullptr;
  std::int64_t offset = 0;
  Numbers shape, strides;
  std::uint64_t bytes = 0;  // row by row
};

std::int64_t whole_number(const PickleValue& value, const std::string& what) {
  require(value.kind == PickleValue::kInt && value.number >= 0,
          what + ": its offset, shape or strides are no whole numbers from 0");
  return value.number;
}

Numbers whole_numbers(const PickleValue& tuple, const std::string& what) {
  require(tuple.kind == PickleValue::kTuple && tuple.items.size() <= kMostDimensions,
          what + ": its shape or strides are no tuple of up to 16 numbers");
  Numbers numbers;
  for (const PickleValue* item : tuple.items) numbers.push_back(whole_number(*item, what));
  return numbers;
}

// Returns the arguments when the value is a call of one of `functions`, else none.
std::vector<const PickleValue*> arguments(const PickleValue& value,
                                          const char* const (&functions)[2]) {
  const bool is_call = value.kind == PickleValue::kCall &&
                       (value.text == functions[0] || value.text == functions[1]);
  return is_call ? value.items[0]->items : std::vector<const PickleValue*>();
}

// Checks that the steps stay within the storage.
void check(const View& view, const std::string& what) {
  auto left = static_cast<std::int64_t>(view.storage->count) - 1 - view.offset;
  require(left >= 0, what + " begins outside of its storage");
  for (std::size_t d = 0; d < view.shape.size(); ++d) {
    const std::int64_t steps = view.shape[d] - 1, stride = view.strides[d];
    require(stride == 0 || steps <= left / stride, what + " ends outside of its storage");
    left -= steps * stride;
  }
}

View view_of(const PickleValue& value, const TorchFile& file, const std::string& what) {
  const auto parameter = arguments(value, kParameter);
  const auto tensor = arguments(parameter.empty() ? value : *parameter[0], kTensor);
  require(!tensor.empty(), what + " is no tensor");
  require(tensor.size() >= 4 && tensor.size() <= 6 && tensor[0]->kind == PickleValue::kOutside,
          what + " is not described as PyTorch does");
  View view;
  view.storage = &file.storage(*tensor[0]);
  view.offset = whole_number(*tensor[1], what);
  view.shape = whole_numbers(*tensor[2], what);
  view.strides = whole_numbers(*tensor[3], what);
  require(view.shape.size() == view.strides.size(), what + " has not as many strides as sizes");
  view.bytes = tensor_bytes(view.storage->dtype, view.shape, what);
  if (view.bytes > 0) check(view, what);
  return view;
}

bool is_contiguous(const View& view) {
  std::int64_t wanted = 1;
  for (std::size_t d = view.shape.size(); d-- > 0;) {
    if (view.shape[d] != 1 && view.strides[d] != wanted) return false;
    wanted *= view.shape[d];
  }
  return true;
}

std::string rows_of(const View& view) {
  const std::string& from = view.storage->bytes;
  const std::uint64_t width = dtype_bytes(view.storage->dtype);
  auto at = static_cast<std::uint64_t>(view.offset);
  if (view.bytes == 0) return {};
  if (is_contiguous(view)) return from.substr(at * width, view.bytes);
  std::string rows;
  rows.reserve(view.bytes);
  Numbers index(view.shape.size(), 0);
  while (rows.size() < view.bytes) {
    rows.append(from, at * width, width);
    for (std::size_t d = index.size(); d-- > 0;) {  // the next index, the last dimension first
      const auto stride = static_cast<std::uint64_t>(view.strides[d]);
      at += stride;
      if (++index[d] < view.shape[d]) break;
      at -= stride * static_cast<std::uint64_t>(view.shape[d]);
      index[d] = 0;
    }
  }
  return rows;
}

const PickleValue& state_dict_of(const PickleValue& whole, const std::string& where) {
  require(whole.kind == PickleValue::kDict,
          where + " holds no state_dict; in Python: torch.save(model.state_dict(), FILE)");
  for (const char* const key : {"state_dict", "model"}) {
    const PickleValue* const inner = find(whole, key, where);
    if (inner != nullptr && inner->kind == PickleValue::kDict) return *inner;
  }
  return whole;
}

}  // namespace

std::vector<StateTensor> parse_state_dict(std::string_view bytes, const std::string& where) {
  const TorchFile file =
      parse_torch_file(bytes, {kTensor[0], kTensor[1], kParameter[0], kParameter[1]}, where);
  const auto& items = state_dict_of(*file.pickle.whole, where).items;
  require(items.size() / 2 <= kMostTensors, where + " holds more than 100000 tensors");
  std::vector<StateTensor> tensors;
  std::set<std::string> names;
  std::uint64_t left = kMostCopies * bytes.size();
  for (std::size_t i = 0; i < items.size(); i += 2) {
    const std::string& name = items[i]->text;
    require(items[i]->kind == PickleValue::kText, where + " has a tensor whose name is no text");
    const std::string what = where + ": " + shown(name);
    require(names.insert(name).second, what + " is there twice");
    const View view = view_of(*items[i + 1], file, what);
    require(view.bytes <= left, where + " is refused: its tensors overlap and take more than " +
                                    std::to_string(kMostCopies) + " times its size");
    left -= view.bytes;
    tensors.push_back({name, view.storage->dtype, view.shape, rows_of(view)});
    // A bool of C++ is 0 or 1; anything else is undefined behaviour.
    if (view.storage->dtype != "BOOL") continue;
    for (char& value : tensors.back().bytes) value = value != 0;
  }
  return tensors;
}

std::vector<StateTensor> read_state_dict(const std::filesystem::path& path) {
  return parse_state_dict(read_file(path, kMostFileBytes), path.string());
}

}  // namespace common::base
