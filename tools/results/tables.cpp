#include "tools/results/tables.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <regex>

#include "common/base/error.h"
#include "common/base/expect.h"
#include "common/base/files.h"
#include "common/base/nearest.h"
#include "tools/results/markdown.h"
#include "tools/results/published.h"
#include "tools/results/records.h"
#include "tools/results/studies.h"

namespace tools {
namespace fs = std::filesystem;
using common::base::Json;
using common::base::require;
using common::base::Spread;
namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

Spread spread_of(const std::vector<Record>& records, const std::string& metric) {
  const auto measured = common::base::spreads(metrics_of(records));
  const auto spread = common::base::find_spread(measured, metric);
  require(spread.has_value(),
          "a record in " + records[0].file.parent_path().string() + " has no metric " + metric);
  return *spread;
}

std::string mean_and_spread(const Spread& spread) {
  if (spread.values.size() == 1) return number(spread.values[0]);
  return number(spread.mean()) + " ± " + number(spread.deviation());
}

std::string each(const Spread& spread) {
  std::string text;
  for (const double value : spread.values) text += (text.empty() ? "" : " ") + number(value);
  return text;
}

// Whether the records are those of seeds 0 to n-1, of as many at least as are published.
bool complete(const Published& published, const std::vector<Record>& records) {
  for (size_t i = 0; i < records.size(); ++i) {
    if (records[i].seed != static_cast<int64_t>(i)) return false;
  }
  return static_cast<int64_t>(records.size()) >= published.seeds;
}

// One row for each bar of a published number.
void add_rows(const Published& published, const std::map<std::string, std::vector<Record>>& records,
              std::vector<std::vector<std::string>>& rows) {
  const auto found = records.find(published.record_name());
  for (const auto& text : published.expect) {
    const auto bar = common::base::parse_expectation(text);
    const std::string wanted = "`" + bar.metric + "` " + bar.comparison + " " + number(bar.bar);
    if (found == records.end()) {
      rows.push_back({published.number, published.about, wanted, "not measured yet", "", "", "",
                      published.reference});
      continue;
    }
    const auto spread = spread_of(found->second, bar.metric);
    const bool whole = complete(published, found->second);
    const std::string verdict = !bar.holds(spread.mean()) ? " (missed)" : whole ? "" : " (so far)";
    const std::string wanted_runs =
        whole ? "" : " of " + std::to_string(std::max<int64_t>(1, published.seeds));
    const std::string count = std::to_string(found->second.size()) + wanted_runs;
    rows.push_back({published.number, published.about, wanted,
                    "**" + mean_and_spread(spread) + "**" + verdict, count,
                    number(spread_of(found->second, "seconds").mean()), commits_of(found->second),
                    published.reference});
  }
}

std::string results_table(const fs::path& root, const std::string& week) {
  const auto records = read_records(root, week);
  std::vector<std::vector<std::string>> rows;
  for (const auto& published : read_published(root, week)) add_rows(published, records, rows);
  return markdown({"No.", "what", "bar", "measured (mean ± sd)", "runs", "seconds a run", "commit",
                   "published elsewhere"},
                  rows);
}

std::string details(const Published& published, const std::vector<Record>& records) {
  std::string text = "\n### " + published.number + " " + published.about + "\n\n";
  text += "    " + published.command_line() + "\n\n";
  text += how_measured(records) + ".\n\n";
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, value] : records[0].metrics) {
    const auto spread = spread_of(records, name);
    rows.push_back({"`" + name + "`", mean_and_spread(spread), each(spread)});
  }
  text += markdown({"metric", "mean ± sd", "each seed"}, rows);
  return text;
}

std::string recorded_table(const fs::path& root, const std::string& what) {
  const auto first = what.find('/'), second = what.find('/', first + 1);
  require(second != std::string::npos, "wanted WEEK/RECORD/TABLE, found \"" + what + "\"");
  const std::string week = what.substr(0, first), name = what.substr(first + 1, second - first - 1),
                    table = what.substr(second + 1);
  const auto records = read_records(root, week);
  const auto found = records.find(name);
  if (found == records.end()) return "Not measured yet.\n";
  const Json& tables = found->second[0].tables;
  require(tables.contains(table), "record " + name + " of " + week + " has no table " + table);
  return markdown(tables[table].at("columns").get<std::vector<std::string>>(),
                  tables[table].at("rows").get<std::vector<std::vector<std::string>>>());
}

bool write_if_changed(const fs::path& path, const std::string& text) {
  if (fs::exists(path) && common::base::read_file(path) == text) return false;
  common::base::write_file(path, text);
  std::printf("wrote %s\n", path.c_str());
  return true;
}

// Draws a study into WEEK/pictures/RECORD.png, when there is one on record.
bool draw_study(const fs::path& root, const std::string& what) {
  const auto picture = study_picture(root, what);
  if (picture.rgb.empty()) return false;
  const auto slash = what.find('/');
  const fs::path folder = root / what.substr(0, slash) / "pictures";
  common::base::make_folder(folder);
  return write_if_changed(folder / (what.substr(slash + 1) + ".png"), encode_png(picture));
}

// A part of a page that is generated, between `<!-- KIND WHAT -->` and `<!-- end -->`.
struct Block {
  std::string kind, what;
  size_t body_begin = 0, body_end = 0;  // past the opening's last byte; the closing mark's first
};

// Returns the blocks of a page in their order; throws where one is not written as above.
std::vector<Block> blocks_in(const std::string& text) {
  static const std::regex opening("<!-- (results|table|study) ");
  std::vector<Block> blocks;
  const std::sregex_iterator end;
  for (auto i = std::sregex_iterator(text.begin(), text.end(), opening); i != end; ++i) {
    const std::string kind = (*i)[1];
    const auto begin = static_cast<size_t>(i->position());
    const auto name = static_cast<size_t>(i->length());  // where it begins in the line
    const std::string line = text.substr(begin, text.find('\n', begin) - begin);
    const std::string found = ", found \"" + line + "\"";
    const size_t stop = line.find(" -->", name - 1);  // at name - 1 when there is no name
    require(stop != std::string::npos,
            "wanted a block's opening that ends with \" -->\" on its line" + found);
    const std::string what = stop > name ? line.substr(name, stop - name) : "";
    require(!what.empty() && what.find_first_of(" \t") == std::string::npos,
            "wanted one name without spaces in a block's opening" + found);
    const size_t body = begin + stop + 4;  // 4: the length of " -->"
    const size_t close = text.find("<!-- end -->", body);
    const auto next = std::next(i);
    const size_t limit = next == end ? text.size() : static_cast<size_t>(next->position());
    require(close < limit, "the block " + kind + " " + what +
                               " is not closed: write <!-- end --> before the next block or the "
                               "end of the page");
    blocks.push_back({kind, what, body, close});
  }
  return blocks;
}

}  // namespace

std::string results_page(const fs::path& root) {
  std::string text =
      "# Results\n\nGenerated by `./dev results generate` from the records in each week's "
      "`results/`. `./dev reproduce NUMBER` runs a number again and compares.\n"
      "Accuracies are fractions; ± is the standard deviation over seeds 0 to n-1, none dropped.\n";
  for (const auto& week : weeks(root)) {
    const auto records = read_records(root, week);
    text += "\n## " + week + "\n\n" + results_table(root, week);
    for (const auto& published : read_published(root, week)) {
      const auto found = records.find(published.record_name());
      if (found != records.end()) text += details(published, found->second);
    }
  }
  return text;
}

std::string fill_blocks(const fs::path& root, const std::string& text) {
  std::string filled;
  size_t done = 0;
  for (const auto& [kind, what, body_begin, body_end] : blocks_in(text)) {
    filled += text.substr(done, body_begin - done) + "\n";
    filled += kind == "results" ? results_table(root, what)
              : kind == "table" ? recorded_table(root, what)
                                : study_table(root, what);
    done = body_end;
  }
  return filled + text.substr(done);
}

bool generate(const fs::path& root) {
  bool changed = write_if_changed(root / "RESULTS.md", results_page(root));
  std::vector<fs::path> pages = {root / "README.md"};
  for (const auto& week : weeks(root)) pages.push_back(root / week / "README.md");
  for (const auto& page : pages) {
    if (!fs::exists(page)) continue;
    const std::string text = common::base::read_file(page);
    changed = write_if_changed(page, fill_blocks(root, text)) || changed;
    for (const Block& block : blocks_in(text)) {
      if (block.kind == "study") changed = draw_study(root, block.what) || changed;
    }
  }
  return changed;
}

}  // namespace tools
