// A source tree with records, for the tests of tools/results.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "common/base/files.h"
#include "common/base/run.h"
#include "tests/temporary_folder.h"

namespace tests {

/// A small tree with one week, committed.
class ResultsTree : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(root() / "week01_x/presets");
    std::filesystem::create_directories(root() / "common/base");
    common::base::write_file(root() / "week01_x/main.cpp",
                             "#include \"common/base/used.h\"\n#include \"common/data/fetch.h\"\n"
                             "#include \"common/plot/curves.h\"\nint main() {}\n");
    common::base::write_file(root() / "week01_x/presets/quick.json", "{}");
    common::base::write_file(root() / "common/base/used.h", "// used\n");
    std::filesystem::create_directories(root() / "common/web");
    common::base::write_file(root() / "common/web/server.h", "// pages\n");
    std::filesystem::create_directories(root() / "common/plot");
    common::base::write_file(root() / "common/plot/curves.h", "// pictures\n");
    std::filesystem::create_directories(root() / "common/data");
    common::base::write_file(root() / "common/data/fetch.h", "// fetches\n");
    common::base::write_file(root() / "week01_x/serve.cpp", "#include \"common/web/server.h\"\n");
    common::base::write_file(root() / "common/base/used.cpp",
                             "#include \"common/base/used.h\"\n#include \"common/base/deep.h\"\n");
    common::base::write_file(root() / "common/base/deep.h", "// deep\nauto at = \"http://a\";\n");
    common::base::write_file(root() / "common/base/other.h", "// not included\n");
    common::base::write_file(
        root() / "week01_x/published.json",
        R"([{"about": "quick", "preset": "quick", "seeds": 2, "expect": ["accuracy>=0.9"]},
                   {"about": "later", "preset": "none", "expect": ["loss<1"]}])");
    shell("git init -q .");
    commit_all();
  }
  std::filesystem::path root() const { return folder_ / "tree"; }
  void shell(const std::string& command) const {
    std::filesystem::create_directories(root());
    ASSERT_EQ(std::system(("cd '" + root().string() + "' && " + command).c_str()), 0) << command;
  }
  void commit_all() const {
    shell("git add -A && git -c user.name=t -c user.email=t@t commit -qm x");
  }
  std::string commit() const {
    shell("git rev-parse HEAD > ../head");
    return common::base::read_file(folder_ / "head").substr(0, 40);
  }
  // A finished run as a week leaves it.
  std::filesystem::path finished_run(const std::string& name, std::int64_t seed, double accuracy,
                                     const std::string& flags = "", const std::string& dirty = "",
                                     std::int64_t ranks = 1) const {
    common::base::RunConfig config;
    config.week = "week01_x";
    config.preset = "quick";
    config.seed = seed;
    config.command_line = "./dev run week01_x --preset quick" + flags;
    common::base::Run run(config, {{"commit", commit() + dirty}, {"threads", 2}, {"ranks", ranks}},
                          folder_ / name);
    run.table("counts", {"kind", "n"}, {{"a", "1"}});
    run.finish({{"accuracy", accuracy}});
    return folder_ / name;
  }
  tests::TemporaryFolder folder_;
};

}  // namespace tests
