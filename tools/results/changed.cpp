#include "tools/results/changed.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <regex>
#include <set>
#include <sstream>
#include <utility>

#include "common/base/error.h"
#include "common/base/files.h"

namespace tools {
namespace fs = std::filesystem;
using common::base::require;
namespace {

// Returns what `command` prints and whether it ended well.
std::pair<std::string, bool> output_of(const std::string& command) {
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  std::string text;
  std::array<char, 4096> block{};
  while (pipe != nullptr && std::fgets(block.data(), block.size(), pipe) != nullptr) {
    text += block.data();
  }
  return {text, pipe != nullptr && ::pclose(pipe) == 0};
}

// Adds `file`, what it includes, and the .cpp files that write out each header, to `closure`; not
// what takes no part in the numbers of a run: serving pages, drawing pictures of them
// (common/plot), and fetching data, of which the sums are known.
void add_includes(const fs::path& root, const std::string& file, std::set<std::string>& closure) {
  if (!fs::exists(root / file) || closure.count(file) > 0) return;
  if (file == "common/data/fetch.h") return;
  if (file.starts_with("common/web/") || file.starts_with("common/plot/")) return;
  const std::string code = common::base::read_file(root / file);
  const bool serves = code.find("#include \"common/web/") != std::string::npos;
  if (serves && fs::path(file).extension() == ".cpp") return;
  closure.insert(file);
  static const std::regex include("#include \"([A-Za-z0-9_/.]+)\"");
  for (auto i = std::sregex_iterator(code.begin(), code.end(), include);
       i != std::sregex_iterator(); ++i) {
    add_includes(root, (*i)[1], closure);
  }
  if (fs::path(file).extension() != ".h") return;
  // What a header declares is written in the .cpp of its name or, where there is none, in files
  // beside it that include it.
  const std::string source_of = fs::path(file).replace_extension(".cpp").string();
  if (fs::exists(root / source_of)) return add_includes(root, source_of, closure);
  for (const auto& entry : fs::directory_iterator((root / file).parent_path())) {
    if (entry.path().extension() != ".cpp") continue;
    const std::string source = fs::relative(entry.path(), root).string();
    if (common::base::read_file(entry.path()).find("\"" + file + "\"") != std::string::npos) {
      add_includes(root, source, closure);
    }
  }
}

// The lines of a source that are more than blanks and comments.
std::string code_of(const std::string& source) {
  std::istringstream lines(source);
  std::string code;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t comment = line.find("//");
    if (comment < line.find_first_of("\"'")) line.resize(comment);  // "http://" is none
    line.erase(line.find_last_not_of(' ') + 1);
    if (!line.empty()) code += line + '\n';
  }
  return code;
}

// Whether a file is another one than at `commit` in more than its comments.
bool computes_otherwise(const fs::path& root, const std::string& file, const std::string& commit) {
  const std::string extension = fs::path(file).extension();
  if ((extension != ".cpp" && extension != ".h") || !fs::exists(root / file)) return true;
  const auto [before, was_there] =
      output_of("git -C '" + root.string() + "' show " + commit + ":'" + file + "' 2>/dev/null");
  return !was_there || code_of(before) != code_of(common::base::read_file(root / file));
}

// The command of a record's run, train where none is said.
std::string command_of(const Record& record) {
  static const std::regex command("\\./dev run [^ ]+ ([a-z][a-z0-9-]*).*");
  std::smatch match;
  return std::regex_match(record.command, match, command) ? match[1].str() : "train";
}

// The file that a command's run begins in: train.cpp, find_lr.cpp.
std::string source_of_command(const Record& record) {
  std::string name = command_of(record);
  std::replace(name.begin(), name.end(), '-', '_');
  return name + ".cpp";
}

}  // namespace

std::vector<std::string> changed_since(const fs::path& root, const Record& record) {
  std::set<std::string> files;
  const std::string start = record.week + "/" + source_of_command(record);
  add_includes(root, start, files);
  if (!files.empty()) add_includes(root, "common/base/program.h", files);
  for (const auto& entry : fs::directory_iterator(root / record.week)) {
    if (files.empty() && entry.path().extension() == ".cpp") {
      add_includes(root, record.week + "/" + entry.path().filename().string(), files);
    }
  }
  if (!record.preset.empty()) files.insert(record.week + "/presets/" + record.preset + ".json");
  if (command_of(record) == "bench") {  // the other side, and what asks both
    files.insert({"bench/" + record.week.substr(0, record.week.find('_')) + ".py", "bench/turns.py",
                  "bench/requirements.txt"});
  }
  std::string command = "git -C '" + root.string() + "' diff --name-only " + record.commit + " --";
  for (const auto& file : files) command += " '" + file + "'";
  const auto [text, ok] = output_of(command + " 2>/dev/null");
  require(ok, "git cannot compare with commit " + record.commit + " of " + record.file.string());
  std::vector<std::string> changed;
  std::istringstream lines(text);
  for (std::string file; std::getline(lines, file);) {
    if (computes_otherwise(root, file, record.commit)) changed.push_back(file);
  }
  return changed;
}

}  // namespace tools
