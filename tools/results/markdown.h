// Tables as Markdown, for RESULTS.md and the blocks of the READMEs.
#pragma once

#include <string>
#include <vector>

namespace tools {

/// Returns a Markdown table: the columns' names, a rule and the rows, each on a line that ends.
inline std::string markdown(const std::vector<std::string>& columns,
                            const std::vector<std::vector<std::string>>& rows) {
  const auto line = [](const std::vector<std::string>& cells) {
    std::string text = "|";
    for (const auto& cell : cells) text += " " + cell + " |";
    return text + "\n";
  };
  std::string text = line(columns) + line(std::vector<std::string>(columns.size(), "---"));
  for (const auto& cells : rows) text += line(cells);
  return text;
}

}  // namespace tools
