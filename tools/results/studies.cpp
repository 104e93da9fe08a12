#include "tools/results/studies.h"

#include <cmath>
#include <vector>

#include "common/base/error.h"
#include "common/base/expect.h"
#include "common/base/text.h"
#include "common/plot/strips.h"
#include "tools/results/markdown.h"
#include "tools/results/records.h"

namespace tools {
namespace fs = std::filesystem;
using common::base::formatted;
using common::base::Spread;
namespace plot = common::plot;
namespace {

// The variants of a study, in the order in which they were trained.
struct Study {
  std::string name;
  std::vector<Record> records;
  std::vector<Spread> variants;  // their names without _accuracy
};

Study read_study(const fs::path& root, const std::string& what) {
  const auto slash = what.find('/');
  common::base::require(slash != std::string::npos, "wanted WEEK/RECORD, found \"" + what + "\"");
  Study study{what.substr(slash + 1), {}, {}};
  const auto records = read_records(root, what.substr(0, slash));
  const auto found = records.find(study.name);
  if (found == records.end()) return study;
  study.records = found->second;
  const std::string end = "_accuracy";
  for (Spread& spread : common::base::spreads(metrics_of(study.records))) {
    if (!spread.name.ends_with(end)) continue;
    spread.name.resize(spread.name.size() - end.size());
    study.variants.push_back(std::move(spread));
  }
  common::base::require(!study.variants.empty(), "record " + what + " is no study");
  return study;
}

std::string shown(const std::string& name) {
  std::string text = name;
  for (char& c : text) c = c == '_' ? ' ' : c;
  return text;
}

std::string caption(const Study& study) { return study.name + ": each seed, and the mean"; }

// How much better than the first, in points, or "none".
std::string difference(const Spread& variant, const Spread& first) {
  Spread differences;
  for (size_t i = 0; i < first.values.size(); ++i) {
    differences.values.push_back(100 * (variant.values[i] - first.values[i]));
  }
  const auto n = static_cast<double>(differences.values.size());
  if (n < 2) return formatted("%+.2f (one seed)", differences.mean());
  const double error = differences.deviation() / std::sqrt(n);
  const std::string numbers = formatted("%+.2f", differences.mean()) + formatted(" ± %.2f", error);
  return std::abs(differences.mean()) <= 2 * error ? "none (" + numbers + ")" : numbers;
}

}  // namespace

std::string study_table(const fs::path& root, const std::string& what) {
  const Study study = read_study(root, what);
  if (study.variants.empty()) return "Not measured yet.\n";
  const Spread& first = study.variants[0];
  std::vector<std::vector<std::string>> rows;
  for (const Spread& variant : study.variants) {
    rows.push_back(
        {shown(variant.name),
         formatted("%.2f", 100 * variant.mean()) + formatted(" ± %.2f", 100 * variant.deviation()),
         &variant == &first ? "" : difference(variant, first)});
  }
  double seconds = 0;
  for (const Record& record : study.records) seconds += record.seconds;
  const size_t seeds = study.records.size();
  return markdown({"variant", "accuracy, % (mean ± sd of " + std::to_string(seeds) + " seeds)",
                   "difference from " + shown(first.name) + ", points (± standard error)"},
                  rows) +
         "\n" + how_measured(study.records) +
         formatted(", %.0f s a seed.\n", seconds / static_cast<double>(seeds)) + "\n![" +
         caption(study) + "](pictures/" + study.name + ".png)\n";
}

plot::Picture study_picture(const fs::path& root, const std::string& what) {
  const Study study = read_study(root, what);
  if (study.variants.empty()) return {};
  plot::StripChart chart{.title = caption(study), .x_label = "accuracy on held-out images"};
  for (const Spread& variant : study.variants) {
    chart.strips.push_back({shown(variant.name), variant.values});
  }
  return draw(chart);
}

}  // namespace tools
