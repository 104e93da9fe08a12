// A learner's own samples: CSV with a class in the last column. Without LibTorch.
#pragma once

#include <string>

#include "common/data/csv.h"

namespace week01 {

/// Reads columns of numbers and, last, a class. A first row is taken as names when none
/// of its features is a number. Classes come in the order of their numbers or letters, so that the
/// class 0 is 0; a file with only 0 or only 1 has both.
/// Errors: `Error` as common::data::parse_csv and labelled.
common::data::Labelled read_own_data(const std::string& text, const std::string& name,
                                     const common::data::CsvOptions& options = {});

}  // namespace week01
