// Your part: keep two numbers while you walk over the steps: the field so far, and how many pixels
// of the image lie between neighbours of the map so far.
#include "exercise.h"

int receptive_field(const std::vector<Step>& steps) { return static_cast<int>(steps.size()); }
