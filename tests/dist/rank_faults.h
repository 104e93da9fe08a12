// Ranks that end, freeze or are interrupted while others are in the middle of something.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "common/dist/group.h"

namespace tests {

/// The rank `who` ends without a word, the others add up for ever.
void lose(const common::dist::Group& group, std::int64_t who);
/// Rank 0, which has the store, lives but answers nothing: as when its machine froze.
void freeze_0(const common::dist::Group& group);
/// Rank 1 ends; rank 2 computes meanwhile, for longer than rank 0 waits for anybody.
void lose_while_computing(const common::dist::Group& group);
/// Rank 1 ends, so that its gradients never come.
void lose_in_backward(const common::dist::Group& group);
/// Rank 0 interrupts `whom`; every rank saves and ends. Errors: `Interrupted`.
void save_when_interrupted(const common::dist::Rendezvous& r, pid_t whom);

}  // namespace tests
