// Reader of CSV (RFC 4180): rows of text, or numbers with a class column.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace common::data {

/// How to read a CSV file, and the most that is taken.
struct CsvOptions {
  bool header = false;  // the first row names the columns
  char separator = ',';
  std::uint64_t max_bytes = 256'000'000;
  std::int64_t max_columns = 10'000;
  std::int64_t max_rows = 10'000'000;
  std::int64_t max_fields = 50'000'000;  // in all rows
};

/// The fields of a CSV file; every row has as many as the first.
struct Csv {
  std::string name;                            // of the file, for messages
  std::vector<std::string> header;             // empty without a header
  std::vector<std::vector<std::string>> rows;  // [N][C]
  std::vector<std::int64_t> lines;             // [N], the line on which the row begins, from 1
};

/// Parses `text`; `name` stands for it in messages. Empty lines are skipped, and so is a byte order
/// mark. A field in quotes may hold separators, line ends and doubled quotes.
/// Errors: `Error` with line and column number for a quote out of place or left open, a bare
/// carriage return, a row with another number of fields, and what exceeds the limits.
/// Source: RFC 4180. Differs: lines may also end in a line feed alone.
Csv parse_csv(std::string_view text, const std::string& name, const CsvOptions& options = {});

/// The same for a file.
Csv read_csv(const std::filesystem::path& path, const CsvOptions& options = {});

/// Returns the finite number that `field` holds, blanks and tabs around it aside, if it is one.
std::optional<double> number_in(std::string_view field);

/// Numbers and the class of each row.
struct Labelled {
  std::int64_t rows = 0, columns = 0;  // N, C: without the class column
  std::vector<double> x;               // [N, C]
  std::vector<std::int64_t> label;     // [N], index into `classes`
  std::vector<std::string> classes;    // [K], in order of first appearance
  std::vector<std::string> names;      // [C], empty without a header
};

/// Reads every column as numbers but `class_column` (from 0; negative counts from the end).
/// Errors: `Error` with line and column number (from 1) for a field that is no finite number or an
/// empty class, and for a table without rows or without that column.
Labelled labelled(const Csv& csv, std::int64_t class_column = -1);

}  // namespace common::data
