#include "common/data/csv.h"

#include <charconv>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "common/base/error.h"
#include "common/base/files.h"

namespace common::data {
namespace {

std::string place(const std::string& name, std::int64_t line, std::int64_t column) {
  return name + " line " + std::to_string(line) + ", column " + std::to_string(column) + ": ";
}

// A field as messages show it: printable, and not longer than a line bears.
std::string shown(std::string_view field) {
  std::string text = "\"";
  for (const char c : field.substr(0, 40)) {
    text += static_cast<unsigned char>(c) < 32 || c == 127 ? '?' : c;
  }
  return text + (field.size() > 40 ? "...\"" : "\"");
}

class Parser {
 public:
  Parser(std::string_view text, Csv& csv, const CsvOptions& options)
      : text_(text), csv_(csv), options_(options) {}

  void run() {
    while (at_ < text_.size()) {
      if (line_end() > 0) {  // an empty line
        next_line();
      } else {
        take_row();
      }
    }
  }

 private:
  // How many bytes of line end begin here: 0, 1 (LF) or 2 (CR LF).
  std::size_t line_end() const {
    if (text_[at_] == '\n') return 1;
    return text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n' ? 2 : 0;
  }

  void next_line() {
    at_ += line_end();
    ++line_;
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw base::Error(place(csv_.name, line_, column_) + what);
  }

  void take_row() {
    const std::int64_t first_line = line_;
    std::vector<std::string> row;
    for (bool more = true; more;) {
      column_ = static_cast<std::int64_t>(row.size()) + 1;
      if (column_ > options_.max_columns) {
        fail("more than " + std::to_string(options_.max_columns) + " columns");
      }
      if (++fields_ > options_.max_fields) {
        fail("more than " + std::to_string(options_.max_fields) + " fields");
      }
      row.push_back(at_ < text_.size() && text_[at_] == '"' ? take_quoted() : take_plain());
      more = at_ < text_.size() && text_[at_] == options_.separator;
      if (more) ++at_;
    }
    if (at_ < text_.size()) next_line();
    keep(std::move(row), first_line);
  }

  std::string take_plain() {
    const std::size_t begin = at_;
    for (; at_ < text_.size() && text_[at_] != options_.separator && line_end() == 0; ++at_) {
      if (text_[at_] == '"') fail("a quote inside a field that does not begin with one");
      if (text_[at_] == '\r') fail("a carriage return without a line feed");
      if (text_[at_] == '\0') fail("a zero byte: is this a text file?");
    }
    return std::string(text_.substr(begin, at_ - begin));
  }

  std::string take_quoted() {
    std::string field;
    const std::int64_t opened = line_;
    for (++at_;; ++at_) {
      if (at_ >= text_.size()) {
        throw base::Error(place(csv_.name, opened, column_) + "this quote is never closed");
      }
      if (text_[at_] == '"') {
        ++at_;
        if (at_ >= text_.size() || text_[at_] != '"') break;  // not doubled: the end
      }
      if (text_[at_] == '\n') ++line_;
      field += text_[at_];
    }
    if (at_ < text_.size() && text_[at_] != options_.separator && line_end() == 0) {
      fail("wanted a separator behind the closing quote, found " + shown(text_.substr(at_, 1)));
    }
    return field;
  }

  void keep(std::vector<std::string> row, std::int64_t line) {
    if (width_ == 0) width_ = row.size();
    if (row.size() != width_) {
      throw base::Error(csv_.name + " line " + std::to_string(line) + " has " +
                        std::to_string(row.size()) + " columns, expected " +
                        std::to_string(width_) + " as in the first row");
    }
    if (options_.header && csv_.header.empty()) {
      csv_.header = std::move(row);
      return;
    }
    if (static_cast<std::int64_t>(csv_.rows.size()) >= options_.max_rows) {
      throw base::Error(csv_.name + " has more than " + std::to_string(options_.max_rows) +
                        " rows, the most that is read here");
    }
    csv_.rows.push_back(std::move(row));
    csv_.lines.push_back(line);
  }

  std::string_view text_;
  Csv& csv_;
  const CsvOptions& options_;
  std::size_t at_ = 0, width_ = 0;
  std::int64_t line_ = 1, column_ = 1, fields_ = 0;
};

double number(const std::string& field, const std::string& where) {
  const auto value = number_in(field);
  base::require(value.has_value(), where + "wanted a number, found " + shown(field));
  return *value;
}

}  // namespace

Csv parse_csv(std::string_view text, const std::string& name, const CsvOptions& options) {
  base::require(text.size() <= options.max_bytes, name + " is larger than " +
                                                      base::human_bytes(options.max_bytes) +
                                                      ", the most that is read here");
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // byte order mark
  Csv csv;
  csv.name = name;
  Parser(text, csv, options).run();
  return csv;
}

Csv read_csv(const std::filesystem::path& path, const CsvOptions& options) {
  return parse_csv(base::read_file(path, options.max_bytes), path.string(), options);
}

std::optional<double> number_in(std::string_view field) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!field.empty() && is_blank(field.front())) field.remove_prefix(1);
  while (!field.empty() && is_blank(field.back())) field.remove_suffix(1);
  double value = 0;
  const char* const end = field.data() + field.size();
  const auto [stop, error] = std::from_chars(field.data(), end, value);
  if (error != std::errc() || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

Labelled labelled(const Csv& csv, std::int64_t class_column) {
  base::require(!csv.rows.empty(), csv.name + " has no rows");
  const auto width = static_cast<std::int64_t>(csv.rows.front().size());
  const std::int64_t at = class_column < 0 ? width + class_column : class_column;
  base::require(at >= 0 && at < width, csv.name + " has " + std::to_string(width) +
                                           " columns, so none with index " +
                                           std::to_string(class_column));
  Labelled table;
  table.rows = static_cast<std::int64_t>(csv.rows.size());
  table.columns = width - 1;
  table.names = csv.header;
  if (!table.names.empty()) table.names.erase(table.names.begin() + at);
  std::unordered_map<std::string, std::int64_t> index;  // class -> its number
  for (std::size_t i = 0; i < csv.rows.size(); ++i) {
    for (std::int64_t column = 0; column < width; ++column) {
      const std::string& field = csv.rows[i][static_cast<std::size_t>(column)];
      if (column != at) {
        table.x.push_back(number(field, place(csv.name, csv.lines[i], column + 1)));
        continue;
      }
      base::require(!field.empty(), place(csv.name, csv.lines[i], column + 1) +
                                        "wanted a class, found an empty field");
      const auto [known, added] = index.emplace(field, table.classes.size());
      if (added) table.classes.push_back(field);
      table.label.push_back(known->second);
    }
  }
  return table;
}

}  // namespace common::data
