// Exercise 01.1: a new activation and its derivative.
#pragma once

/// Returns softplus(z) = log(1 + e^z), a smooth ReLU. It must be right for z = 1000 and z = -1000
/// too, where e^z overflows or vanishes: see how loss_value computes the binary cross-entropy.
double softplus(double z);

/// Returns the derivative of softplus at z. Which function of by_hand_functions.cpp is it?
double softplus_slope(double z);
