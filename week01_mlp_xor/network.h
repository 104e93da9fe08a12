// Between a network and its file.
#pragma once

#include "week01_mlp_xor/by_hand.h"
#include "week01_mlp_xor/network_file.h"

namespace week01 {

/// Returns the network in numbers. `scaling` is that of the data it was trained on.
NetworkFile to_file(const Mlp& mlp, const Scaling& scaling);

/// Writes the file's weights to `mlp`, converted so that the network gives the same answers
/// although its inputs are now scaled by `scaling`. Errors: `Error` that names the flags to add
/// when sizes, activation or output are others than the file's.
void load_network(const NetworkFile& file, const Scaling& scaling, Mlp& mlp);

}  // namespace week01
