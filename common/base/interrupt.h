// Ctrl-C: the first asks the run to save and stop, the second stops at once.
#pragma once

#include <exception>

namespace common::base {

/// Thrown by a loop that has saved after Ctrl-C. `main` says how to resume and exits with 130.
class Interrupted : public std::exception {
 public:
  const char* what() const noexcept override { return "interrupted"; }
};

/// From now on SIGINT and SIGTERM set a flag; a second one ends the process with 130 at once. Files
/// are written aside and renamed, so that even then none is half-written.
/// Args: `say` whether each is answered by a line; a process whose parent answers is silent.
void catch_interrupts(bool say = true);

/// Returns whether Ctrl-C was pressed. Loops ask wherever they can stop and save.
bool interrupted();

}  // namespace common::base
