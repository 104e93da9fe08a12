// Your part: at which step is the top? Which share of the way up, or down, is `step`?
#include "exercise.h"

double one_cycle(int step, int steps, double rise, double first, double highest, double last) {
  (void)step, (void)steps, (void)rise, (void)first, (void)last;  // remove this line
  return highest;
}
