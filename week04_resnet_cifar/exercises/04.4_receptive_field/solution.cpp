// Neighbours of a map are `jump` pixels apart in the image; a kernel of k sees k - 1 neighbours
// more.
#include "exercise.h"

int receptive_field(const std::vector<Step>& steps) {
  int field = 1, jump = 1;
  for (const Step& step : steps) {
    field += (step.kernel - 1) * jump;
    jump *= step.stride;
  }
  return field;
}
