// Records: added from run directories, judged stale by git, turned into tables.
#include <gtest/gtest.h>

#include <cstdlib>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/run.h"
#include "tests/temporary_folder.h"
#include "tools/results/published.h"
#include "tools/results/records.h"
#include "tools/results/tables.h"

namespace {
namespace fs = std::filesystem;
namespace base = common::base;
using common::base::Error;
using common::base::Json;
using common::base::read_file;
using common::base::RunConfig;
using common::base::write_file;
using tools::add_run;

// A small tree with one week, committed.
class Results : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(root() / "week01_x/presets");
    fs::create_directories(root() / "common/base");
    write_file(
        root() / "week01_x/main.cpp",
        "#include \"common/base/used.h\"\n#include \"common/data/fetch.h\"\nint main() {}\n");
    write_file(root() / "week01_x/presets/quick.json", "{}");
    write_file(root() / "common/base/used.h", "// used\n");
    fs::create_directories(root() / "common/web");
    write_file(root() / "common/web/server.h", "// pages\n");
    fs::create_directories(root() / "common/data");
    write_file(root() / "common/data/fetch.h", "// fetches\n");
    write_file(root() / "week01_x/serve.cpp", "#include \"common/web/server.h\"\n");
    write_file(root() / "common/base/used.cpp",
               "#include \"common/base/used.h\"\n#include \"common/base/deep.h\"\n");
    write_file(root() / "common/base/deep.h", "// deep\nauto at = \"http://a\";\n");
    write_file(root() / "common/base/other.h", "// not included\n");
    write_file(root() / "week01_x/published.json",
               R"([{"about": "quick", "preset": "quick", "seeds": 2, "expect": ["accuracy>=0.9"]},
                   {"about": "later", "preset": "none", "expect": ["loss<1"]}])");
    shell("git init -q . && git add -A && git -c user.name=t -c user.email=t@t commit -qm x");
  }
  fs::path root() const { return folder_ / "tree"; }
  void shell(const std::string& command) const {
    fs::create_directories(root());
    ASSERT_EQ(std::system(("cd '" + root().string() + "' && " + command).c_str()), 0) << command;
  }
  std::string commit() const {
    shell("git rev-parse HEAD > ../head");
    return read_file(folder_ / "head").substr(0, 40);
  }
  // A finished run as a week leaves it.
  fs::path finished_run(const std::string& name, int64_t seed, double accuracy,
                        const std::string& flags = "", const std::string& dirty = "",
                        int64_t ranks = 1) const {
    RunConfig config;
    config.week = "week01_x";
    config.preset = "quick";
    config.seed = seed;
    config.command_line = "./dev run week01_x --preset quick" + flags;
    base::Run run(config, {{"commit", commit() + dirty}, {"threads", 2}, {"ranks", ranks}},
                  folder_ / name);
    run.table("counts", {"kind", "n"}, {{"a", "1"}});
    run.finish({{"accuracy", accuracy}});
    return folder_ / name;
  }
  tests::TemporaryFolder folder_;
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
  shell("git add -A && git -c user.name=t -c user.email=t@t commit -qm y");
  EXPECT_EQ(add_run(root(), finished_run("again", 0, 0.9, flags, "", 2)).size(), 1u);
  EXPECT_THROW(add_run(root(), finished_run("one", 1, 0.9)), Error);
  EXPECT_THROW(add_run(root(), finished_run("threads", 1, 0.9, " --threads 1")), Error);
}

TEST_F(Results, ARunWithoutThePublishedMetricIsRefused) {
  write_file(root() / "week01_x/published.json",
             R"([{"about": "q", "preset": "quick", "expect": ["loss<=1"]}])");
  shell("git add -A && git -c user.name=t -c user.email=t@t commit -qm y");
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

// The pages of this very tree say what its records say.
TEST(Pages, AreGeneratedFromTheRecords) {
  const fs::path root = COURSE_SOURCE_DIR;
  EXPECT_EQ(read_file(root / "RESULTS.md"), tools::results_page(root)) << "./dev results generate";
  std::vector<fs::path> pages = {root / "README.md"};
  for (const auto& week : tools::weeks(root)) pages.push_back(root / week / "README.md");
  for (const auto& page : pages) {
    EXPECT_EQ(read_file(page), tools::fill_blocks(root, read_file(page))) << page;
  }
}

TEST_F(Results, ARecordIsStaleWhenWhatItsWeekReadsChanged) {
  add_run(root(), finished_run("a", 0, 0.9));
  const auto record = tools::read_records(root(), "week01_x").at("quick").at(0);
  EXPECT_TRUE(changed_since(root(), record).empty());
  write_file(root() / "common/base/other.h", "int changed;\n");
  write_file(root() / "common/web/server.h", "int changed;\n");
  write_file(root() / "week01_x/serve.cpp", "#include \"common/web/server.h\"\nint changed;\n");
  write_file(root() / "common/data/fetch.h", "int changed;\n");
  EXPECT_TRUE(changed_since(root(), record).empty()) << "pages and fetching measure nothing";
  write_file(root() / "common/base/deep.h", "auto at = \"http://a\";\n\n// in other words\n");
  EXPECT_TRUE(changed_since(root(), record).empty()) << "a comment computes nothing";
  write_file(root() / "common/base/deep.h", "// deep\nauto at = \"http://b\";\n");
  // main -> used.h -> used.cpp -> deep.h
  EXPECT_EQ(changed_since(root(), record), (std::vector<std::string>{"common/base/deep.h"}));
  shell("git add -A && git -c user.name=t -c user.email=t@t commit -qm y");
  EXPECT_EQ(changed_since(root(), record).size(), 1u);
}

TEST_F(Results, OnlyWhatTheCommandIncludesMakesItsRecordStale) {
  write_file(root() / "week01_x/train.cpp", "#include \"common/base/used.h\"\n");
  write_file(root() / "week01_x/explain.cpp", "// draws\n");
  shell("git add -A && git -c user.name=t -c user.email=t@t commit -qm z");
  add_run(root(), finished_run("a", 0, 0.9));
  const auto record = tools::read_records(root(), "week01_x").at("quick").at(0);
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
  shell("git add -A && git -c user.name=t -c user.email=t@t commit -qm b");
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

TEST_F(Results, TablesSayMeanSpreadBarAndWhatIsMissing) {
  add_run(root(), finished_run("a", 0, 0.9));
  add_run(root(), finished_run("b", 1, 0.96));
  const std::string page = tools::results_page(root());
  EXPECT_NE(page.find("**0.93 ± 0.04243**"), std::string::npos) << page;
  EXPECT_NE(page.find("./dev run week01_x --preset quick --seeds 2 --expect 'accuracy>=0.9'"),
            std::string::npos)
      << page;
  EXPECT_NE(page.find("| 01.2 | later | `loss` < 1 | not measured yet |"), std::string::npos)
      << page;
}

TEST_F(Results, SeedsThatAreNotThereYetAreSaid) {
  add_run(root(), finished_run("a", 0, 0.95));
  const std::string page = tools::results_page(root());
  EXPECT_NE(page.find("**0.95** (so far) | 1 of 2 |"), std::string::npos) << page;
}

TEST_F(Results, AMissedBarIsSaid) {
  add_run(root(), finished_run("a", 0, 0.5));
  EXPECT_NE(tools::results_page(root()).find("**0.5** (missed)"), std::string::npos);
}

TEST_F(Results, BlocksOfPagesAreFilledAnew) {
  add_run(root(), finished_run("a", 0, 0.9));
  write_file(root() / "README.md",
             "before\n<!-- table week01_x/quick/counts -->\nold\n<!-- end -->\nafter\n");
  EXPECT_TRUE(tools::generate(root()));
  EXPECT_EQ(read_file(root() / "README.md"),
            "before\n<!-- table week01_x/quick/counts -->\n| kind | n |\n| --- | --- |\n"
            "| a | 1 |\n<!-- end -->\nafter\n");
  EXPECT_FALSE(tools::generate(root()));
  EXPECT_THROW(tools::fill_blocks(root(), "<!-- results week01_x -->\nnever closed"), Error);
}

// What fill_blocks says is wrong with a page; "" when nothing is.
std::string complaint(const fs::path& root, const std::string& page) {
  try {
    tools::fill_blocks(root, page);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST_F(Results, BlocksThatAreWrittenWronglyAreErrors) {
  const std::string end = "\n<!-- end -->\n";
  const auto said = [&](const std::string& page) { return complaint(root(), page); };
  for (const std::string kind : {"results", "table", "study"}) {
    const std::string start = "before\n<!-- " + kind + " ";
    for (const std::string rest : {"week01_x", "week01_x-->", "week01_x\n-->", "week01_x\n -->"}) {
      const std::string page = start + rest;
      EXPECT_NE(said(page + end).find("ends with \" -->\""), std::string::npos) << page;
      EXPECT_NE(said(page).find("ends with \" -->\""), std::string::npos) << page;
    }
    for (const std::string rest : {"week01_x more -->", " week01_x -->", "week01_x  -->",
                                   "a\tb -->", "-->", " -->", "x <!-- table y -->"}) {
      const std::string page = start + rest + end;
      EXPECT_NE(said(page).find("one name without spaces"), std::string::npos) << page;
    }
  }
  EXPECT_NE(said("<!-- results week01_x -->").find("is not closed"), std::string::npos);
  EXPECT_NE(said("<!-- end -->\n<!-- results week01_x -->\n").find("is not closed"),
            std::string::npos);
}

TEST_F(Results, AnOpeningInsideABlockThatIsNotClosedIsAnError) {
  const std::string start = "<!-- results week01_x -->\n", end = "<!-- end -->\n";
  for (const std::string inside : {"<!-- study week01_x/study-lr -->\n", "<!-- table broken\n"}) {
    EXPECT_NE(
        complaint(root(), start + inside + end).find("the block results week01_x is not closed"),
        std::string::npos)
        << inside;
  }
  EXPECT_EQ(complaint(root(), start + end + start + end), "");
}

TEST_F(Results, OtherCommentsAndTextStayAsTheyAre) {
  const std::string page =
      "# Results\n<!-- a plain comment -->\n<!-- tables are below -->\n<!-- end -->\n"
      "<!-- resultsweek01_x\n-->\n<!--results week01_x-->\n| table |\n\nno newline at the end";
  EXPECT_EQ(tools::fill_blocks(root(), page), page);
  EXPECT_EQ(tools::fill_blocks(root(), ""), "");
}

TEST_F(Results, SeveralBlocksAreFilledAndFillingTwiceChangesNothing) {
  const std::string study = "<!-- study week01_x/study-lr -->", end = "<!-- end -->";
  const std::string once =
      tools::fill_blocks(root(), "a\n" + study + end + " b\n" + study + " old\n" + end);
  EXPECT_EQ(once, "a\n" + study + "\nNot measured yet.\n" + end + " b\n" + study +
                      "\nNot measured yet.\n" + end);
  EXPECT_EQ(tools::fill_blocks(root(), once), once);
}

TEST_F(Results, AStudySaysWhatDiffersFromTheFirstAndWhatDoesNot) {
  const std::string page = "<!-- study week01_x/study-lr -->\n<!-- end -->";
  EXPECT_NE(tools::fill_blocks(root(), page).find("Not measured yet."), std::string::npos);
  const double plain[] = {0.80, 0.81, 0.82}, better[] = {0.85, 0.86, 0.88},
               alike[] = {0.81, 0.80, 0.82};
  fs::create_directories(root() / "week01_x/results");
  for (int seed = 0; seed < 3; ++seed) {
    const Json record = {{"week", "week01_x"},
                         {"preset", "study-lr"},
                         {"seed", seed},
                         {"command", "./dev run week01_x study"},
                         {"commit", commit()},
                         {"date", "2026-01-01"},
                         {"seconds", 1.0},
                         {"metrics",
                          {{"plain_accuracy", plain[seed]},
                           {"very_good_accuracy", better[seed]},
                           {"xalike_accuracy", alike[seed]},
                           {"plain_loss", 1.0}}},
                         {"env", Json::object()}};
    base::write_json(
        root() / "week01_x/results" / ("study-lr-s" + std::to_string(seed) + "-2026-01-01.json"),
        record);
  }
  write_file(root() / "README.md", page);
  EXPECT_TRUE(tools::generate(root()));
  const std::string text = read_file(root() / "README.md");
  EXPECT_NE(text.find("| plain | 81.00 ± 1.00 |  |"), std::string::npos) << text;
  EXPECT_NE(text.find("| very good | 86.33 ± 1.53 | +5.33 ± 0.33 |"), std::string::npos) << text;
  EXPECT_NE(text.find("| xalike | 81.00 ± 1.00 | none ("), std::string::npos) << text;
  EXPECT_NE(text.find("](pictures/study-lr.png)"), std::string::npos) << text;
  EXPECT_TRUE(fs::exists(root() / "week01_x/pictures/study-lr.png"));
  EXPECT_FALSE(tools::generate(root())) << "the same records give the same page and picture";
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
