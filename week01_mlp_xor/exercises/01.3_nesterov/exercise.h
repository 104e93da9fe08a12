// Exercise 01.3: Nesterov's momentum.
#pragma once

#include <cstddef>
#include <vector>

/// Takes one step, changing `parameters` and `velocity` (zeros before the first step), [P] each:
///   velocity   <- momentum * velocity + gradient
///   parameters <- parameters - lr * (gradient + momentum * velocity)
/// with the new velocity in the second line. Plain momentum, as in by_hand_optimizer.cpp, steps
/// along the velocity alone; Nesterov looks one step ahead.
void nesterov_step(std::vector<double>& parameters, std::vector<double>& velocity,
                   const std::vector<double>& gradient, double lr, double momentum);
