// Pickles, the format of Python's own serializer, read as data: nothing that they ask for is run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace common::base {

/// A value of a pickle. Its items belong to the same `Pickle`; a list or a dict may hold itself.
struct PickleValue {
  enum Kind {
    kNone,
    kBool,    ///< `number` is 0 or 1
    kInt,     ///< `number`
    kBigInt,  ///< of more than 8 bytes: in `text`, the least first
    kFloat,   ///< its value is not kept
    kText,    ///< `text`
    kName,    ///< of a class or a function: `text`, as "torch.FloatStorage"
    kTuple,   ///< `items`
    kList,    ///< `items`
    kDict,    ///< a dict or an OrderedDict; `items` are key, value, key, value...
    kCall,  ///< of what `text` names; `items` are the tuple of arguments and, where set, the state
    kOutside,  ///< something that lies outside of the pickle; `items` holds what tells where
  };
  Kind kind = kNone;
  std::int64_t number = 0;
  std::string text = {};
  std::vector<const PickleValue*> items = {};
};

/// A pickle and all its values.
struct Pickle {
  Pickle() = default;
  Pickle(Pickle&&) = default;  // no copy: its items would still be those of the other
  Pickle& operator=(Pickle&&) = default;

  std::deque<PickleValue> values;      ///< each one that was made, the parts before the whole
  const PickleValue* whole = nullptr;  ///< what was pickled
  std::size_t bytes = 0;               ///< the pickle's length
};

/// Reads the pickle at the start of `bytes`, which may go on behind it.
/// Args: `names` are the classes and functions that it may name besides collections.OrderedDict;
/// `where` stands for the file in messages.
/// Errors: `Error` when it names others, is cut short, needs a stack deeper than 1,048,576, has
/// more than 4,194,304 values or 67 MB, or holds what no list of tensors needs (objects, sets).
/// Source: docs.python.org/3/library/pickletools.html. Differs: binary opcodes only.
Pickle parse_pickle(std::string_view bytes, const std::set<std::string>& names,
                    const std::string& where);

}  // namespace common::base
