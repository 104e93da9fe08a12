// Your part: the mean first. How far is each rank's mean from it?
#include "exercise.h"

Statistics together(const std::vector<Statistics>& ranks) { return ranks.at(0); }
