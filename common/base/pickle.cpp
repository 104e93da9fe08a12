#include "common/base/pickle.h"

#include <algorithm>
#include <utility>

#include "common/base/error.h"
#include "common/base/json.h"

namespace common::base {
namespace {

constexpr std::size_t kMostBytes = 1u << 26, kMostValues = 1u << 22, kMostStack = 1u << 20;
constexpr std::size_t kMostMarks = 1000;
constexpr const char* kOrderedDict = "collections.OrderedDict";

// Opcodes by their names in Python's pickle.py.
namespace op {
// clang-format off
constexpr unsigned char
    kProto = 0x80, kFrame = 0x95, kStop = '.', kMark = '(',
    kNone = 'N', kNewTrue = 0x88, kNewFalse = 0x89,
    kBinInt = 'J', kBinInt1 = 'K', kBinInt2 = 'M', kLong1 = 0x8a, kBinFloat = 'G',
    kBinString = 'T', kShortBinString = 'U', kBinUnicode = 'X', kShortBinUnicode = 0x8c,
    kEmptyTuple = ')', kTuple = 't', kTuple1 = 0x85, kTuple2 = 0x86, kTuple3 = 0x87,
    kEmptyList = ']', kAppend = 'a', kAppends = 'e',
    kEmptyDict = '}', kSetItem = 's', kSetItems = 'u',
    kBinPut = 'q', kLongBinPut = 'r', kMemoize = 0x94, kBinGet = 'h', kLongBinGet = 'j',
    kGlobal = 'c', kStackGlobal = 0x93, kReduce = 'R', kNewObj = 0x81, kBuild = 'b',
    kBinPersId = 'Q';
// clang-format on
}  // namespace op

// The little endian number of two's complement in up to 8 bytes; of none 0.
std::int64_t signed_number(std::string_view bytes) {
  std::uint64_t value = !bytes.empty() && (bytes.back() & 0x80) != 0 ? ~std::uint64_t{0} : 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = (value << 8) | static_cast<unsigned char>(bytes[i]);
  }
  return static_cast<std::int64_t>(value);
}

// A pickle is a program for a machine with a stack of values, and a memo of those needed again.
class Machine {
 public:
  Machine(std::string_view bytes, const std::set<std::string>& names, const std::string& where)
      : bytes_(bytes.substr(0, kMostBytes)), names_(names), where_(where) {}

  Pickle run() {
    for (;;) {
      const auto code = static_cast<unsigned char>(take(1)[0]);
      if (code == op::kStop) break;
      if (literal(code) || container(code) || memo(code) || object(code)) continue;
      need(false, "opcode " + std::to_string(code) + " is not read here");
    }
    need(stack_.size() == 1 && marks_.empty(), "it holds no value, or several");
    pickle_.whole = stack_[0];
    pickle_.bytes = at_;
    return std::move(pickle_);
  }

 private:
  using Items = std::vector<const PickleValue*>;

  // Each of these four returns whether the opcode is one of its own.
  bool literal(unsigned char code) {
    if (code == op::kProto) return need(number(1) <= 5, "its protocol is newer than 5");
    if (code == op::kFrame) return !take(8).empty();  // a hint for reading ahead
    if (code == op::kNone) return push({PickleValue::kNone});
    if (code == op::kNewTrue) return push({PickleValue::kBool, 1});
    if (code == op::kNewFalse) return push({PickleValue::kBool, 0});
    if (code == op::kBinInt) return push({PickleValue::kInt, signed_number(take(4))});
    if (code == op::kBinInt1) return push({PickleValue::kInt, static_cast<int>(number(1))});
    if (code == op::kBinInt2) return push({PickleValue::kInt, static_cast<int>(number(2))});
    if (code == op::kLong1) return long_integer(take(number(1)));
    if (code == op::kBinFloat) return !take(8).empty() && push({PickleValue::kFloat});
    if (code == op::kShortBinString || code == op::kShortBinUnicode) return text(number(1));
    if (code == op::kBinString || code == op::kBinUnicode) return text(number(4));
    return false;
  }

  bool container(unsigned char code) {
    if (code == op::kMark) return mark();
    if (code == op::kEmptyTuple) return push({PickleValue::kTuple});
    if (code == op::kTuple1) return push({PickleValue::kTuple, 0, {}, pop(1)});
    if (code == op::kTuple2) return push({PickleValue::kTuple, 0, {}, pop(2)});
    if (code == op::kTuple3) return push({PickleValue::kTuple, 0, {}, pop(3)});
    if (code == op::kTuple) return push({PickleValue::kTuple, 0, {}, pop_to_mark()});
    if (code == op::kEmptyList) return push({PickleValue::kList});
    if (code == op::kAppend) return extend(PickleValue::kList, pop(1));
    if (code == op::kAppends) return extend(PickleValue::kList, pop_to_mark());
    if (code == op::kEmptyDict) return push({PickleValue::kDict});
    if (code == op::kSetItem) return extend(PickleValue::kDict, pop(2));
    if (code == op::kSetItems) return extend(PickleValue::kDict, pop_to_mark());
    return false;
  }

  bool memo(unsigned char code) {
    if (code == op::kBinPut) return remember(number(1));
    if (code == op::kLongBinPut) return remember(number(4));
    if (code == op::kMemoize) return remember(memo_.size());
    if (code == op::kBinGet) return recall(number(1));
    if (code == op::kLongBinGet) return recall(number(4));
    return false;
  }

  bool object(unsigned char code) {
    if (code == op::kGlobal) return name({line(), line()});  // braces: the first line first
    if (code == op::kStackGlobal) return stack_global(pop(2));
    if (code == op::kReduce || code == op::kNewObj) return call(pop(2));
    if (code == op::kBuild) return set_state(pop(1));
    if (code == op::kBinPersId) return push({PickleValue::kOutside, 0, {}, pop(1)});
    return false;
  }

  bool need(bool ok, std::string_view fault) const {
    if (ok) return true;
    throw Error(where_ + " has a damaged pickle at byte " + std::to_string(at_) + ": " +
                std::string(fault));
  }

  std::string_view take(std::uint64_t count) {
    need(count <= bytes_.size() - at_,
         bytes_.size() < kMostBytes ? "the file is cut short" : "it is longer than 67 MB");
    at_ += count;
    return bytes_.substr(at_ - count, count);
  }

  // The next number of up to 4 bytes, without a sign.
  std::size_t number(std::size_t bytes) {
    return static_cast<std::size_t>(signed_number(std::string(take(bytes)) + '\0'));
  }

  std::string line() {
    const std::size_t end = std::min(bytes_.find('\n', at_), bytes_.size());
    const std::string_view text = take(end - at_ + 1);
    return std::string(text.substr(0, text.size() - 1));
  }

  bool push(PickleValue value) {
    need(pickle_.values.size() < kMostValues, "it has too many values");
    pickle_.values.push_back(std::move(value));
    return push(&pickle_.values.back());
  }
  bool push(PickleValue* value) {
    need(stack_.size() < kMostStack, "its stack is too deep");
    stack_.push_back(value);
    return true;
  }

  // Values below the last mark cannot be reached.
  PickleValue& top() const {
    need(stack_.size() > (marks_.empty() ? 0 : marks_.back()), "the stack lacks a value");
    return *stack_.back();
  }
  Items pop(std::size_t count) {
    Items items(count);
    for (; count-- > 0; stack_.pop_back()) items[count] = &top();
    return items;
  }
  Items pop_to_mark() {
    need(!marks_.empty(), "the stack lacks a mark");
    Items items(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }
  bool mark() {
    need(marks_.size() < kMostMarks, "it is nested too deeply");
    marks_.push_back(stack_.size());
    return true;
  }

  bool text(std::size_t bytes) { return push({PickleValue::kText, 0, std::string(take(bytes))}); }

  bool long_integer(std::string_view bytes) {
    return bytes.size() <= 8 ? push({PickleValue::kInt, signed_number(bytes)})
                             : push({PickleValue::kBigInt, 0, std::string(bytes)});
  }

  bool extend(PickleValue::Kind kind, const Items& items) {
    need(top().kind == kind, "it adds to what is no list or no dict");
    need(kind != PickleValue::kDict || items.size() % 2 == 0, "a key has no value");
    top().items.insert(top().items.end(), items.begin(), items.end());
    return true;
  }

  bool remember(std::size_t index) {
    need(index < kMostValues, "its memo is too large");
    if (index >= memo_.size()) memo_.resize(index + 1);
    memo_[index] = &top();
    return true;
  }
  bool recall(std::size_t index) {
    need(index < memo_.size() && memo_[index] != nullptr, "it recalls what it has not kept");
    return push(memo_[index]);
  }

  bool name(const std::pair<std::string, std::string>& parts) {
    const std::string name = parts.first + "." + parts.second;
    require(name == kOrderedDict || names_.count(name) > 0,
            where_ + " asks to run " + shown(name) + ": refused, tensors alone are read");
    return push({PickleValue::kName, 0, name});
  }
  bool stack_global(const Items& parts) {
    need(parts[0]->kind == PickleValue::kText && parts[1]->kind == PickleValue::kText,
         "a name is no text");
    return name({parts[0]->text, parts[1]->text});
  }

  // Notes the call of parts[0] with the tuple parts[1].
  bool call(const Items& parts) {
    need(parts[0]->kind == PickleValue::kName && parts[1]->kind == PickleValue::kTuple,
         "it calls what has no name");
    if (parts[0]->text == kOrderedDict) return ordered_dict(parts[1]->items);
    return push({PickleValue::kCall, 0, parts[0]->text, {parts[1]}});
  }

  // OrderedDict() is filled afterwards; Python 2 wrote OrderedDict([[key, value], ...]).
  bool ordered_dict(const Items& arguments) {
    PickleValue dict{PickleValue::kDict};
    need(arguments.size() <= 1, "an OrderedDict is made of several arguments");
    if (arguments.empty()) return push(std::move(dict));
    const Items& pairs = arguments[0]->items;
    need(pairs.size() <= pairs_left_, "it copies too many pairs");
    pairs_left_ -= pairs.size();
    for (const PickleValue* pair : pairs) {
      need(pair->items.size() == 2, "an OrderedDict is made of no pairs");
      dict.items.insert(dict.items.end(), pair->items.begin(), pair->items.end());
    }
    return push(std::move(dict));
  }

  // An OrderedDict may have attributes beside its items (the versions of modules): left out.
  bool set_state(const Items& state) {
    need(top().kind == PickleValue::kDict || top().kind == PickleValue::kCall,
         "it sets the state of what has none");
    if (top().kind == PickleValue::kCall) top().items.push_back(state[0]);
    return true;
  }

  std::string_view bytes_;
  const std::set<std::string>& names_;
  const std::string& where_;
  std::size_t at_ = 0, pairs_left_ = kMostValues;
  Pickle pickle_;
  std::vector<PickleValue*> stack_, memo_;
  std::vector<std::size_t> marks_;  // heights of the stack
};

}  // namespace

Pickle parse_pickle(std::string_view bytes, const std::set<std::string>& names,
                    const std::string& where) {
  return Machine(bytes, names, where).run();
}

}  // namespace common::base
