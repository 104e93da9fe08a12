// Exercise 04.3: the one-cycle policy.
#pragma once

/// Returns the learning rate at `step` of `steps` (0 to steps - 1). It rises along half a cosine
/// from first to highest, which it reaches at the step rise * steps - 1, and falls along another to
/// last, which it reaches at the last step. Half a cosine from a to b, at the share s of the way:
///     b + (a - b) / 2 * (1 + cos(pi * s))
/// `rise` * `steps` is a whole number and at least 2.
double one_cycle(int step, int steps, double rise, double first, double highest, double last);
