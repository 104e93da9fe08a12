// Errors that a person can mend, told in one line.
#pragma once

#include <concepts>
#include <stdexcept>
#include <string>

namespace common::base {

/// What a user can mend: a wrong flag, a missing file, a full disk. `main` prints it as one line
/// and exits with 2. The message says what was wanted, what was found and what to do.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws `Error` with `message` unless `ok`.
inline void require(bool ok, const std::string& message) {
  if (!ok) throw Error(message);
}

/// The same with `message()`, called only then: what it says may follow from what `ok` did.
template <std::invocable Message>
void require(bool ok, const Message& message) {
  if (!ok) throw Error(message());
}

}  // namespace common::base
