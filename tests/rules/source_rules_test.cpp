// Rules of the tree that a grep can check.
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>

#include "common/base/files.h"

namespace {
namespace fs = std::filesystem;
using common::base::read_file;

std::vector<fs::path> sources(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(COURSE_SOURCE_DIR) / folder)) {
    const auto extension = entry.path().extension();
    if (extension == ".h" || extension == ".cpp") found.push_back(entry.path());
  }
  return found;
}

std::vector<std::string> weeks() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(COURSE_SOURCE_DIR)) {
    const std::string name = entry.path().filename();
    if (std::regex_match(name, std::regex("week[0-9]+_.*"))) names.push_back(name);
  }
  return names;
}

// What a file named by_hand.* must not call.
const std::regex kForbidden(
    "autograd|torch::nn|torch/nn|torch/torch\\.h|functional(?!>)|_backward|\\.backward\\(|"
    "torch::(relu|sigmoid|softmax|elu|gelu|leaky_relu|mse_loss|binary_cross_entropy|"
    "cross_entropy|huber_loss|nll_loss|linear|dropout|log_softmax)|at::(relu|gelu|softmax|linear|"
    "sigmoid)|(at|torch)::_?(conv[a-z0-9_]*|batch_norm|native_batch_norm|im2col|col2im)\\(|"
    "[.>](relu|sigmoid|softmax|log_softmax|elu|gelu|leaky_relu)_?\\(");

// Code without comments, so that a comment may speak of what is not called.
std::string code_of(const fs::path& path) {
  return std::regex_replace(read_file(path), std::regex("//[^\n]*"), "");
}

TEST(SourceRules, ByHandFilesCallNoAutogradAndNoLayers) {
  EXPECT_TRUE(std::regex_search(std::string("auto y = torch::relu(x);"), kForbidden));
  EXPECT_TRUE(std::regex_search(std::string("auto y = at::conv2d(x, w);"), kForbidden));
  int checked = 0;
  for (const auto& week : weeks()) {
    for (const auto& path : sources(week)) {
      if (path.filename().string().rfind("by_hand", 0) != 0) continue;
      std::smatch match;
      const std::string code = code_of(path);
      EXPECT_FALSE(std::regex_search(code, match, kForbidden)) << path << " calls " << match.str();
      ++checked;
    }
  }
  EXPECT_GE(checked, 6);
}

// base <- dist, plot, web <- data, nn <- train <- weeks; a week includes no other week, common
// names none.
TEST(SourceRules, IncludesFollowTheDirections) {
  const std::regex include("#include \"([a-z0-9_]+)/([a-z0-9_]+)[/.]");
  const auto check = [&](const fs::path& folder, const auto& allowed) {
    for (const auto& path : sources(folder)) {
      const std::string code = read_file(path);
      for (auto i = std::sregex_iterator(code.begin(), code.end(), include);
           i != std::sregex_iterator(); ++i) {
        EXPECT_TRUE(allowed((*i)[1].str(), (*i)[2].str())) << path << " includes " << i->str();
      }
    }
  };
  const auto only = [](std::vector<std::string> parts) {
    return [parts](const std::string& top, const std::string& part) {
      return top == "common" && std::find(parts.begin(), parts.end(), part) != parts.end();
    };
  };
  check("common/base", only({"base"}));
  check("common/plot", only({"base", "plot"}));
  check("common/web", only({"base", "web"}));
  check("common/dist", only({"base", "dist"}));
  check("common/data", only({"base", "dist", "plot", "web", "data"}));
  check("common/nn", only({"base", "dist", "plot", "web", "nn"}));
  check("common/train", only({"base", "dist", "plot", "web", "data", "nn", "train"}));
  for (const auto& week : weeks()) {
    check(week, [&](const std::string& top, const std::string&) {
      return top == "common" || top == week;
    });
  }
}

TEST(SourceRules, ReadmeOfCommonListsEveryHeader) {
  const std::string readme = read_file(fs::path(COURSE_SOURCE_DIR) / "common/README.md");
  int checked = 0;
  for (const auto& path : sources("common")) {
    if (path.extension() != ".h" || path.parent_path().filename() == "internal") continue;
    const std::string row = "\\n\\| ([a-z0-9_]+\\.h, )*" + path.stem().string() + "\\.h[ ,]";
    EXPECT_TRUE(std::regex_search(readme, std::regex(row))) << path << " has no row";
    ++checked;
  }
  EXPECT_GE(checked, 80);
}

}  // namespace
