// Fuzzes the CSV reader: any text is rows of one width, or an Error.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/base/error.h"
#include "common/data/csv.h"

// The first byte picks header and separator, the rest is the file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  common::data::CsvOptions options;
  options.header = (bytes[0] & 1) != 0;
  options.separator = (bytes[0] & 2) != 0 ? ';' : ',';
  try {
    const auto csv = common::data::parse_csv(text, "fuzz.csv", options);
    if (csv.lines.size() != csv.rows.size()) std::abort();
    for (const auto& row : csv.rows) {
      if (row.empty() || row.size() != csv.rows.front().size()) std::abort();
    }
    const auto table = common::data::labelled(csv, (bytes[0] & 4) != 0 ? 0 : -1);
    if (static_cast<std::int64_t>(table.x.size()) != table.rows * table.columns) std::abort();
    for (const std::int64_t label : table.label) {
      if (label < 0 || label >= static_cast<std::int64_t>(table.classes.size())) std::abort();
    }
  } catch (const common::base::Error&) {
    return 0;
  }
  return 0;
}
