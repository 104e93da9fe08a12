// RESULTS.md and the tables in the READMEs, generated from the records.
#pragma once

#include <filesystem>
#include <string>

namespace tools {

/// Returns RESULTS.md: every published number with bar, mean, spread, each seed, time, machine,
/// commit and command; what has no record says so.
std::string results_page(const std::filesystem::path& root);

/// Returns `text` with each block between `<!-- results WEEK -->`, `<!-- table WEEK/RECORD/TABLE
/// -->` or `<!-- study WEEK/RECORD -->` and `<!-- end -->` filled anew from the records. Other
/// comments are left alone.
/// Errors: `Error` for an opening without ` -->` on its line or without one name free of spaces, a
/// block that is not closed before the next one, or one that names what is not there.
std::string fill_blocks(const std::filesystem::path& root, const std::string& text);

/// Writes RESULTS.md and fills the blocks of README.md and of each week's README.md; files that do
/// not change are left alone. Draws each study that a README shows into WEEK/pictures. Returns
/// whether any changed.
bool generate(const std::filesystem::path& root);

}  // namespace tools
