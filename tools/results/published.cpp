#include "tools/results/published.h"

#include "common/base/error.h"
#include "common/base/expect.h"
#include "common/base/json.h"
#include "common/base/nearest.h"
#include "tools/results/records.h"

namespace tools {
using common::base::Error;
using common::base::Json;

std::string Published::record_name() const { return tools::record_name(command, preset); }

std::string Published::bench_case() const { return preset.substr(preset.find('-') + 1); }

std::vector<std::string> Published::arguments() const {
  if (is_bench()) return {week.substr(0, week.find('_')), "--only", bench_case()};
  std::vector<std::string> list = {command};
  if (!preset.empty()) list.insert(list.end(), {"--preset", preset});
  if (nproc > 1) list.insert(list.end(), {"--nproc", std::to_string(nproc)});
  if (seeds > 0) list.insert(list.end(), {"--seeds", std::to_string(seeds)});
  for (const auto& bar : expect) list.insert(list.end(), {"--expect", bar});
  return list;
}

std::string Published::command_line() const {
  if (is_bench()) return "./dev bench " + common::base::join(arguments(), " ");
  std::string line = "./dev run " + week;
  const auto list = arguments();
  for (size_t i = list[0] == "train" ? 1 : 0; i < list.size(); ++i) {
    const bool quote = list[i].find_first_of("<>=") != std::string::npos;
    line += quote ? " '" + list[i] + "'" : " " + list[i];
  }
  return line;
}

std::vector<Published> read_published(const std::filesystem::path& root, const std::string& week) {
  const auto path = root / week / "published.json";
  std::vector<Published> all;
  if (!std::filesystem::exists(path)) return all;
  const Json json = common::base::read_json(path);
  try {
    for (const auto& item : json) {
      Published one;
      one.week = week;
      one.number = week.substr(4, week.find('_') - 4) + "." + std::to_string(all.size() + 1);
      one.about = item.at("about");
      one.command = item.value("command", "train");
      one.preset = item.value("preset", "");
      one.reference = item.value("reference", "");
      one.seeds = item.value("seeds", std::int64_t{0});
      one.nproc = item.value("nproc", std::int64_t{1});
      one.expect = item.at("expect").get<std::vector<std::string>>();
      for (const auto& bar : one.expect) common::base::parse_expectation(bar);
      all.push_back(std::move(one));
    }
  } catch (const Json::exception& error) {
    throw Error(path.string() + " is no list of published numbers: " + error.what());
  }
  return all;
}

std::vector<Published> select_published(const std::filesystem::path& root,
                                        const std::string& what) {
  std::vector<Published> chosen;
  std::vector<std::string> names;
  for (const auto& week : weeks(root)) {
    const std::string digits = week.substr(4, week.find('_') - 4);
    const bool whole = what.empty() || what == week || what == digits || what == "week" + digits;
    names.push_back(week);
    for (auto& one : read_published(root, week)) {
      names.push_back(one.number);
      if (whole || what == one.number) chosen.push_back(std::move(one));
    }
  }
  common::base::require(!chosen.empty(), "no published number is named \"" + what + "\"" +
                                             common::base::did_you_mean(what, names) +
                                             " (there are " + common::base::join(names) + ")");
  return chosen;
}

}  // namespace tools
