// What the processor can do.
#pragma once

namespace common::base {

/// Returns whether it has the vector instructions that the course's inner loops are compiled for:
/// AVX2 and FMA where it is an x86-64, what every other one has.
inline bool has_vectors() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return true;
#endif
}

/// Returns whether it has AMX's tiles for products of bf16 matrices.
inline bool has_amx() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("amx-bf16");
#else
  return false;
#endif
}

}  // namespace common::base
