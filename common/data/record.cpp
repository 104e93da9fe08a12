#include "common/data/record.h"

#include "common/base/error.h"
#include "common/base/json.h"
#include "common/data/catalogue.h"

namespace common::data {
namespace fs = std::filesystem;
using base::Json;

void write_record(const fs::path& folder, const std::string& from,
                  const std::vector<Expected>& files, const std::vector<std::string>& notes) {
  Json list = Json::array();
  for (const Expected& file : files) {
    list.push_back({{"path", file.path}, {"bytes", file.bytes}, {"sha256", file.sums.sha256}});
  }
  base::write_json(folder / kRecordName, {{"from", from}, {"notes", notes}, {"files", list}});
}

std::vector<Expected> read_record(const fs::path& folder) {
  std::vector<Expected> files;
  std::error_code error;
  if (!fs::is_regular_file(folder / kRecordName, error)) return files;
  try {
    const Json record = base::read_json(folder / kRecordName);
    for (const Json& entry : record.at("files")) {
      Expected file;
      file.path = entry.at("path").get<std::string>();
      file.bytes = entry.at("bytes").get<std::uint64_t>();
      file.sums.sha256 = entry.at("sha256").get<std::string>();
      if (!is_plain_path(file.path)) return {};
      files.push_back(file);
    }
  } catch (const base::Error&) {
    return {};
  } catch (const Json::exception&) {
    return {};
  }
  return files;
}

}  // namespace common::data
