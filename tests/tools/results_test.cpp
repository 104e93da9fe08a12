// Records: added from run directories, judged stale by git.
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "common/base/files.h"
#include "tests/tools/results_tree.h"
#include "tools/results/changed.h"
#include "tools/results/published.h"
#include "tools/results/records.h"

namespace {
namespace fs = std::filesystem;
using common::base::Error;
using common::base::Json;
using common::base::read_file;
using common::base::write_file;
using tools::add_run;

class Results : public tests::ResultsTree {
 protected:
  // Puts a finished run on record, and reads it again.
  tools::Record recorded() const {
    add_run(root(), finished_run("a", 0, 0.9));
    return tools::read_records(root(), "week01_x").at("quick").at(0);
  }
};

TEST_F(Results, AFinishedRunIsRecordedAndReplacesItsOlderRecord) {
  const auto files = add_run(root(), finished_run("a", 0, 0.8));
  ASSERT_EQ(files.size(), 1u);
  fs::rename(files[0], root() / "week01_x/results/quick-s0-2020-01-01.json");
  add_run(root(), finished_run("b", 0, 0.9));
  add_run(root(), finished_run("c", 1, 0.94));
  const auto records = tools::read_records(root(), "week01_x").at("quick");
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].metrics[0], (std::pair<std::string, double>("accuracy", 0.9)));
  EXPECT_EQ(records[1].command, "./dev run week01_x --preset quick --seed 1");
  EXPECT_EQ(records[1].env["threads"], 2);
}

TEST_F(Results, ThePrecisionIsThatOfTheLog) {
  EXPECT_EQ(recorded().precision, "fp32");
  const fs::path run = finished_run("b", 1, 0.9);
  write_file(run / "log.txt",
             "2026-01-01T00:00:00 computes in bf16, which this device has\n"
             "2026-01-01T00:00:01 nothing computes in fp16\n");
  fs::create_directories(run / "part");
  write_file(run / "part/log.txt",
             "2026-01-01T00:00:00 begun\n2026-01-01T00:00:00 computes in fp64\n");
  add_run(root(), run);
  const auto records = tools::read_records(root(), "week01_x").at("quick");
  EXPECT_EQ(records.at(1).precision, "bf16, fp64");
  const std::string told = tools::how_measured(records);
  EXPECT_NE(told.find(", 2 threads, fp32, bf16, fp64, LibTorch"), std::string::npos) << told;
}

TEST_F(Results, RunsThatProveNothingAreRefused) {
  EXPECT_THROW(add_run(root(), finished_run("own", 0, 1, " --lr 3")), Error);
  EXPECT_THROW(add_run(root(), finished_run("dirty", 0, 1, "", "-dirty")), Error);
  const fs::path cut = finished_run("cut", 0, 1);
  fs::remove(cut / "result.json");
  EXPECT_THROW(add_run(root(), cut), Error);
  EXPECT_THROW(add_run(root(), folder_ / "nothing"), Error);
  EXPECT_FALSE(fs::exists(root() / "week01_x/results"));
}

TEST_F(Results, RanksAreThoseThatArePublished) {
  const std::string flags = " --threads 1 --nproc 2";
  EXPECT_THROW(add_run(root(), finished_run("two", 0, 0.9, flags, "", 2)), Error);
  write_file(
      root() / "week01_x/published.json",
      R"([{"about": "q", "preset": "quick", "nproc": 2, "seeds": 2, "expect": ["accuracy>=0.9"]}])");
  EXPECT_EQ(tools::select_published(root(), "01.1").at(0).command_line(),
            "./dev run week01_x --preset quick --nproc 2 --seeds 2 --expect 'accuracy>=0.9'");
  commit_all();
  EXPECT_EQ(add_run(root(), finished_run("again", 0, 0.9, flags, "", 2)).size(), 1u);
  EXPECT_THROW(add_run(root(), finished_run("one", 1, 0.9)), Error);
  EXPECT_THROW(add_run(root(), finished_run("threads", 1, 0.9, " --threads 1")), Error);
}

TEST_F(Results, ARunWithoutThePublishedMetricIsRefused) {
  write_file(root() / "week01_x/published.json",
             R"([{"about": "q", "preset": "quick", "expect": ["loss<=1"]}])");
  commit_all();
  EXPECT_THROW(add_run(root(), finished_run("a", 0, 0.9)), Error);
}

TEST_F(Results, ABenchIsAskedForByItsCase) {
  write_file(root() / "week01_x/published.json",
             R"([{"about": "b", "command": "bench", "preset": "bench-data", "expect": ["x>=1"]}])");
  const auto bench = tools::select_published(root(), "01.1").at(0);
  EXPECT_EQ(bench.command_line(), "./dev bench week01 --only data");
  EXPECT_EQ(bench.bench_case(), "data");
  EXPECT_EQ(bench.record_name(), "bench-data");
}

TEST(RecordName, IsThePresetsWithTheCommandInFrontOnce) {
  EXPECT_EQ(tools::record_name("train", "quick"), "quick");
  EXPECT_EQ(tools::record_name("frames", ""), "frames");
  EXPECT_EQ(tools::record_name("compare", "compare"), "compare");
  EXPECT_EQ(tools::record_name("compare", "xor"), "compare-xor");
  EXPECT_EQ(tools::record_name("study", "study-lr"), "study-lr");
}

TEST_F(Results, ASeriesIsRecordedWholeOrNotAtAll) {
  add_run(root(), finished_run("old", 7, 0.1));
  const fs::path series = folder_ / "series";
  fs::create_directories(series);
  for (const std::string seed : {"0", "1"}) {
    fs::rename(finished_run("one" + seed, std::stoi(seed), 0.9), series / ("seed-" + seed));
  }
  common::base::write_json(series / "config.json", {{"seeds", 3}});
  EXPECT_THROW(add_run(root(), series), Error);
  EXPECT_EQ(tools::read_records(root(), "week01_x").at("quick").size(), 1u);
  common::base::write_json(series / "config.json", {{"seeds", 2}});
  EXPECT_EQ(add_run(root(), series).size(), 2u);
  EXPECT_EQ(tools::read_records(root(), "week01_x").at("quick").size(), 2u);  // seed 7 is gone
}

TEST_F(Results, ARecordWhoseNamesAreCommandsIsRefused) {
  const auto file = add_run(root(), finished_run("a", 0, 0.9)).at(0);
  const Json record = common::base::read_json(file);
  for (const char* key : {"commit", "week", "preset"}) {
    Json other = record;
    other[key] = "x'; touch broken; '";
    common::base::write_json(file, other);
    EXPECT_THROW(tools::read_records(root(), "week01_x"), Error) << key;
  }
}

TEST_F(Results, ARecordIsStaleWhenWhatItsWeekReadsChanged) {
  const auto record = recorded();
  EXPECT_TRUE(changed_since(root(), record).empty());
  write_file(root() / "common/base/other.h", "int changed;\n");
  write_file(root() / "common/web/server.h", "int changed;\n");
  write_file(root() / "week01_x/serve.cpp", "#include \"common/web/server.h\"\nint changed;\n");
  write_file(root() / "common/plot/curves.h", "int changed;\n");
  write_file(root() / "common/data/fetch.h", "int changed;\n");
  EXPECT_TRUE(changed_since(root(), record).empty()) << "they measure nothing";
  write_file(root() / "common/base/deep.h", "auto at = \"http://a\";\n\n// in other words\n");
  EXPECT_TRUE(changed_since(root(), record).empty()) << "a comment computes nothing";
  write_file(root() / "common/base/deep.h", "// deep\nauto at = \"http://b\";\n");
  // main -> used.h -> used.cpp -> deep.h
  EXPECT_EQ(changed_since(root(), record), (std::vector<std::string>{"common/base/deep.h"}));
  commit_all();
  EXPECT_EQ(changed_since(root(), record).size(), 1u);
}

TEST_F(Results, SettingsBesideThoseOfAPageAreReadToo) {
  write_file(root() / "week01_x/commands.h", "#include \"common/web/server.h\"\nint tries = 1;\n");
  write_file(root() / "week01_x/train.cpp", "#include \"week01_x/commands.h\"\n");
  commit_all();
  const auto record = recorded();
  EXPECT_TRUE(changed_since(root(), record).empty());
  write_file(root() / "common/web/server.h", "int changed;\n");
  EXPECT_TRUE(changed_since(root(), record).empty());
  write_file(root() / "week01_x/commands.h", "#include \"common/web/server.h\"\nint tries = 2;\n");
  EXPECT_EQ(changed_since(root(), record).size(), 1u);
}

TEST_F(Results, OnlyWhatTheCommandIncludesMakesItsRecordStale) {
  write_file(root() / "week01_x/train.cpp", "#include \"common/base/used.h\"\n");
  write_file(root() / "week01_x/explain.cpp", "// draws\n");
  commit_all();
  const auto record = recorded();
  write_file(root() / "week01_x/explain.cpp", "int changed;\n");
  EXPECT_TRUE(changed_since(root(), record).empty()) << "another command";
  write_file(root() / "common/base/deep.h", "int changed;\n");  // used.h -> used.cpp -> deep.h
  EXPECT_EQ(changed_since(root(), record), (std::vector<std::string>{"common/base/deep.h"}));
}

TEST_F(Results, ABenchsRecordIsStaleWhenTheOtherSideChanged) {
  fs::create_directories(root() / "bench");
  for (const char* file : {"week01.py", "week02.py", "turns.py", "requirements.txt"}) {
    write_file(root() / "bench" / file, "# as measured\n");
  }
  commit_all();
  tools::Record record;
  record.week = "week01_x";
  record.command = "./dev run week01_x bench";
  record.commit = commit();
  const auto changed = [&](const char* file) {
    write_file(root() / "bench" / file, "# changed\n");
    const auto files = changed_since(root(), record);
    shell("git checkout -q .");
    return files == std::vector<std::string>{std::string("bench/") + file};
  };
  EXPECT_TRUE(changed("week01.py"));
  EXPECT_TRUE(changed("turns.py"));
  EXPECT_TRUE(changed("requirements.txt"));
  EXPECT_FALSE(changed("week02.py"));
}

TEST_F(Results, PublishedNumbersAreChosenByWeekOrNumber) {
  EXPECT_EQ(tools::select_published(root(), "").size(), 2u);
  EXPECT_EQ(tools::select_published(root(), "week01").size(), 2u);
  const auto one = tools::select_published(root(), "01.2");
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].about, "later");
  EXPECT_THROW(tools::select_published(root(), "01.3"), Error);
  EXPECT_THROW(tools::select_published(root(), "week02"), Error);
}

}  // namespace
