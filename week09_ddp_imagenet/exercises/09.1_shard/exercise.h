// Exercise 09.1: which rank gets which images.
#pragma once

#include <vector>

/// Returns the images of `rank` (0 to ranks - 1) in batch number `batch` (from 0). `order` is the
/// epoch's order of all images, the same on every rank; a batch is the next `batch_size` of them,
/// the last one may have fewer. The batch's images must not depend on how many ranks there are:
/// only who gets which. The parts of two ranks differ by one image at most.
std::vector<int> shard(const std::vector<int>& order, int batch, int batch_size, int rank,
                       int ranks);
