// Your part: this is plain gradient descent. Add the velocity, then Nesterov's look ahead.
#include "exercise.h"

void nesterov_step(std::vector<double>& parameters, std::vector<double>& velocity,
                   const std::vector<double>& gradient, double lr, double momentum) {
  (void)velocity;  // remove this line when you use them
  (void)momentum;
  for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i] -= lr * gradient[i];
}
