// Your part: put y = w.x + b into the norm's formula and sort what multiplies x from what does not.
#include "exercise.h"

Layer fold(const Layer& layer, const Norm& norm) {
  (void)norm;  // remove this line when you use norm
  return layer;
}
