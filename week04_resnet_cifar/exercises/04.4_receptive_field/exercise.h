// Exercise 04.4: how much of the image one number of a deep map has seen.
#pragma once

#include <vector>

/// A convolution or pooling along one axis: it sees `kernel` neighbours and moves on by `stride`.
struct Step {
  int kernel, stride;
};

/// Returns how many pixels of the input, along one axis, one number behind the last of `steps`
/// depends on. No steps: 1. Edges are far away.
int receptive_field(const std::vector<Step>& steps);
