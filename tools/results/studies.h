// Studies: one record a seed with a metric NAME_accuracy for each variant, as tables and pictures.
#pragma once

#include <filesystem>
#include <string>

#include "common/plot/picture.h"

namespace tools {

/// Returns the table of a study: each variant's accuracy over the seeds and its difference from the
/// first variant, which is called none below two standard errors. The difference is taken seed by
/// seed, because variants of a seed share data and order. Below it is how all that was
/// measured, and the picture, found from a page in the week's folder.
/// Args: `what`: WEEK/RECORD.
/// Errors: `Error` when `what` names no week's record in the form.
std::string study_table(const std::filesystem::path& root, const std::string& what);

/// Returns the picture: each variant's mean, and every seed's point. Empty when nothing is on
/// record.
common::plot::Picture study_picture(const std::filesystem::path& root, const std::string& what);

}  // namespace tools
