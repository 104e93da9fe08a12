#include "week01_mlp_xor/own_data.h"

#include <algorithm>
#include <numeric>

namespace week01 {
namespace data = common::data;
namespace {

// Names are words: a row with a number or an empty field is data, if perhaps faulty.
bool is_header(const std::vector<std::string>& row) {
  return std::none_of(row.begin(), row.end() - 1, [](const std::string& field) {
    return data::number_in(field).has_value() || field.find_first_not_of(" \t") == field.npos;
  });
}

// Numbers by their size, before words by their letters.
bool comes_before(const std::string& a, const std::string& b) {
  const auto x = data::number_in(a), y = data::number_in(b);
  if (x && y && *x != *y) return *x < *y;
  if (x.has_value() != y.has_value()) return x.has_value();
  return a < b;
}

void order_classes(data::Labelled& table) {
  if (table.classes.size() == 1 && (table.classes[0] == "0" || table.classes[0] == "1")) {
    const bool one = table.classes[0] == "1";
    table.classes = {"0", "1"};
    if (one) std::fill(table.label.begin(), table.label.end(), 1);
    return;
  }
  std::vector<std::size_t> order(table.classes.size());  // order[new] = old
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return comes_before(table.classes[a], table.classes[b]);
  });
  std::vector<std::string> classes;
  std::vector<std::int64_t> place(order.size());  // place[old] = new
  for (std::size_t i = 0; i < order.size(); ++i) {
    classes.push_back(table.classes[order[i]]);
    place[order[i]] = static_cast<std::int64_t>(i);
  }
  table.classes = std::move(classes);
  for (auto& label : table.label) label = place[static_cast<std::size_t>(label)];
}

}  // namespace

data::Labelled read_own_data(const std::string& text, const std::string& name,
                             const data::CsvOptions& options) {
  data::Csv csv = data::parse_csv(text, name, options);
  if (csv.header.empty() && !csv.rows.empty() && is_header(csv.rows[0])) {
    csv.header = std::move(csv.rows[0]);
    csv.rows.erase(csv.rows.begin());
    csv.lines.erase(csv.lines.begin());
  }
  data::Labelled table = data::labelled(csv);
  order_classes(table);
  return table;
}

}  // namespace week01
