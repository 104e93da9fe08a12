// Exercise 09.2: which gradients travel together.
#pragma once

#include <vector>

/// Returns the buckets of a network whose parameter i has `bytes[i]` bytes. Backward makes the
/// gradients from the last parameter to the first, so buckets are filled in that order: a gradient
/// goes into the open bucket; when the bucket then has `limit` bytes or more it is closed, and the
/// next gradient opens another. The first bucket is closed at `first_limit`.
/// Returns: the indices of each bucket, in the order in which backward reaches them.
std::vector<std::vector<int>> buckets(const std::vector<int>& bytes, int first_limit, int limit);
