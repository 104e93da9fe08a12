// Records turned into tables, and these filled into pages.
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/json.h"
#include "tests/tools/results_tree.h"
#include "tools/results/records.h"
#include "tools/results/tables.h"

namespace {
namespace fs = std::filesystem;
using common::base::Error;
using common::base::Json;
using common::base::read_file;
using common::base::write_file;
using tools::add_run;

class Tables : public tests::ResultsTree {};

TEST(Pages, AreGeneratedFromTheRecords) {
  const fs::path root = COURSE_SOURCE_DIR;
  EXPECT_EQ(read_file(root / "RESULTS.md"), tools::results_page(root)) << "./dev results generate";
  std::vector<fs::path> pages = {root / "README.md"};
  for (const auto& week : tools::weeks(root)) pages.push_back(root / week / "README.md");
  for (const auto& page : pages) {
    EXPECT_EQ(read_file(page), tools::fill_blocks(root, read_file(page))) << page;
  }
}

TEST_F(Tables, TablesSayMeanSpreadBarAndWhatIsMissing) {
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

TEST_F(Tables, SeedsThatAreNotThereYetAreSaid) {
  add_run(root(), finished_run("a", 0, 0.95));
  const std::string page = tools::results_page(root());
  EXPECT_NE(page.find("**0.95** (so far) | 1 of 2 |"), std::string::npos) << page;
}

TEST_F(Tables, AMissedBarIsSaid) {
  add_run(root(), finished_run("a", 0, 0.5));
  EXPECT_NE(tools::results_page(root()).find("**0.5** (missed)"), std::string::npos);
}

TEST_F(Tables, BlocksOfPagesAreFilledAnew) {
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

TEST_F(Tables, BlocksThatAreWrittenWronglyAreErrors) {
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

TEST_F(Tables, AnOpeningInsideABlockThatIsNotClosedIsAnError) {
  const std::string start = "<!-- results week01_x -->\n", end = "<!-- end -->\n";
  for (const std::string inside : {"<!-- study week01_x/study-lr -->\n", "<!-- table broken\n"}) {
    EXPECT_NE(
        complaint(root(), start + inside + end).find("the block results week01_x is not closed"),
        std::string::npos)
        << inside;
  }
  EXPECT_EQ(complaint(root(), start + end + start + end), "");
}

TEST_F(Tables, OtherCommentsAndTextStayAsTheyAre) {
  const std::string page =
      "# Results\n<!-- a plain comment -->\n<!-- tables are below -->\n<!-- end -->\n"
      "<!-- resultsweek01_x\n-->\n<!--results week01_x-->\n| table |\n\nno newline at the end";
  EXPECT_EQ(tools::fill_blocks(root(), page), page);
  EXPECT_EQ(tools::fill_blocks(root(), ""), "");
}

TEST_F(Tables, SeveralBlocksAreFilledAndFillingTwiceChangesNothing) {
  const std::string study = "<!-- study week01_x/study-lr -->", end = "<!-- end -->";
  const std::string once =
      tools::fill_blocks(root(), "a\n" + study + end + " b\n" + study + " old\n" + end);
  EXPECT_EQ(once, "a\n" + study + "\nNot measured yet.\n" + end + " b\n" + study +
                      "\nNot measured yet.\n" + end);
  EXPECT_EQ(tools::fill_blocks(root(), once), once);
}

TEST_F(Tables, AStudySaysWhatDiffersFromTheFirstAndWhatDoesNot) {
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
                         {"precision", "fp32"},
                         {"seconds", 1.0},
                         {"metrics",
                          {{"plain_accuracy", plain[seed]},
                           {"very_good_accuracy", better[seed]},
                           {"xalike_accuracy", alike[seed]},
                           {"xsame_accuracy", plain[seed]},
                           {"plain_loss", 1.0}}},
                         {"env", Json::object()}};
    common::base::write_json(
        root() / "week01_x/results" / ("study-lr-s" + std::to_string(seed) + "-2026-01-01.json"),
        record);
  }
  write_file(root() / "README.md", page);
  EXPECT_TRUE(tools::generate(root()));
  const std::string text = read_file(root() / "README.md");
  EXPECT_NE(text.find("| plain | 81.00 ± 1.00 |  |"), std::string::npos) << text;
  EXPECT_NE(text.find("| very good | 86.33 ± 1.53 | +5.33 ± 0.33 |"), std::string::npos) << text;
  EXPECT_NE(text.find("| xalike | 81.00 ± 1.00 | none ("), std::string::npos) << text;
  EXPECT_NE(text.find("| xsame | 81.00 ± 1.00 | none ("), std::string::npos) << text;
  EXPECT_NE(text.find("\nMeasured 2026-01-01 at commit " + commit().substr(0, 10) + " on"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(", fp32, "), std::string::npos) << text;
  EXPECT_NE(text.find(", 1 s a seed.\n"), std::string::npos) << text;
  EXPECT_NE(text.find("](pictures/study-lr.png)"), std::string::npos) << text;
  EXPECT_TRUE(fs::exists(root() / "week01_x/pictures/study-lr.png"));
  EXPECT_FALSE(tools::generate(root())) << "the same records give the same page and picture";
}

}  // namespace
