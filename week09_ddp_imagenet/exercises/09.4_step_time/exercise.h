// Exercise 09.4: when is the network the limit?
#pragma once

/// A training on several ranks. Each has its share of the batch.
struct Setting {
  int ranks = 1;
  double images = 0;           ///< of a rank in a step
  double flops_per_image = 0;  ///< forward; backward takes twice as many
  double flops_per_s = 0;      ///< of a rank
  double gradient_bytes = 0;   ///< of the network
  double bytes_per_s = 0;      ///< that a rank can send, while it receives as many
};

/// Returns the seconds of a step. Forward comes first. Then a ring all-reduce sends
/// 2 (ranks - 1) / ranks of the gradient's bytes, from the beginning of backward on, beside it: of
/// the two the longer one counts. One rank alone sends nothing.
double step_seconds(const Setting& setting);

/// Returns how fast all ranks together are, as a share of `ranks` times one rank alone with the
/// same number of images a rank.
double efficiency(const Setting& setting);
