// The gradient counts twice: in the new velocity, and beside it.
#include "exercise.h"

void nesterov_step(std::vector<double>& parameters, std::vector<double>& velocity,
                   const std::vector<double>& gradient, double lr, double momentum) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    velocity[i] = momentum * velocity[i] + gradient[i];
    parameters[i] -= lr * (gradient[i] + momentum * velocity[i]);
  }
}
