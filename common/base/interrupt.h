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
/// Args: `by_parent`: a parent passes signals on and answers them. Then nothing is printed, and
/// further signals, which may be the same that reached both, end nothing: that is the parent's to
/// do.
void catch_interrupts(bool by_parent = false);

/// Returns whether Ctrl-C was pressed. Loops ask wherever they can stop and save.
bool interrupted();

}  // namespace common::base
