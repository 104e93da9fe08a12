#include "common/base/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include <cstring>

namespace common::base {
namespace {

// A signal handler can reach nothing but a global, and call only what is async-signal-safe.
volatile sig_atomic_t signals_seen = 0, parent_answers = 0;

extern "C" void on_interrupt(int) {
  if (parent_answers != 0) {
    signals_seen = 1;
    return;
  }
  const char* const say = signals_seen == 0
                              ? "\nstopping at the next safe place; Ctrl-C again stops at once\n"
                              : "\nstopped at once\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, say, std::strlen(say));
  if (signals_seen != 0) ::_exit(130);
  signals_seen = 1;
}

}  // namespace

void catch_interrupts(bool by_parent) {
  parent_answers = by_parent ? 1 : 0;
  struct sigaction action = {};
  action.sa_handler = on_interrupt;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() { return signals_seen != 0; }

}  // namespace common::base
