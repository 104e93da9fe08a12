// CSV: RFC 4180, and errors with their place.
#include "common/data/csv.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/data/expect_error.h"

namespace {

using common::data::Csv;
using common::data::CsvOptions;
using common::data::Labelled;
using common::data::labelled;
using common::data::parse_csv;
using tests::expect_error;
using Rows = std::vector<std::vector<std::string>>;

TEST(Csv, ReadsRowsWithEitherLineEnd) {
  const Rows expected = {{"a", "b"}, {"c", ""}, {"", "d"}};
  EXPECT_EQ(parse_csv("a,b\nc,\n,d\n", "x").rows, expected);
  EXPECT_EQ(parse_csv("a,b\r\nc,\r\n,d", "x").rows, expected);
  EXPECT_EQ(parse_csv("\xef\xbb\xbf"
                      "a,b\n\nc,\n\r\n,d\n\n",
                      "x")
                .rows,
            expected);
  EXPECT_TRUE(parse_csv("", "x").rows.empty());
}

TEST(Csv, ReadsQuotes) {
  const Csv csv = parse_csv("\"a,b\",\"say \"\"hi\"\"\"\n\"two\r\nlines\",\"\"\nc,d\n", "x");
  EXPECT_EQ(csv.rows, (Rows{{"a,b", "say \"hi\""}, {"two\r\nlines", ""}, {"c", "d"}}));
  EXPECT_EQ(csv.lines, (std::vector<std::int64_t>{1, 2, 4}));
}

TEST(Csv, ReadsAHeaderAndOtherSeparators) {
  const CsvOptions options{.header = true, .separator = ';'};
  const Csv csv = parse_csv("x;y\n1,5;2\n", "x", options);
  EXPECT_EQ(csv.header, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(csv.rows, (Rows{{"1,5", "2"}}));
}

TEST(Csv, NamesThePlaceOfABadQuote) {
  expect_error("f.csv line 2, column 2: a quote inside a field",
               [] { parse_csv("a,b\nc,d\"e\n", "f.csv"); });
  expect_error("f.csv line 2, column 1: wanted a separator behind the closing quote, found \"x\"",
               [] { parse_csv("a,b\n\"c\"x,d\n", "f.csv"); });
  expect_error("f.csv line 1, column 2: this quote is never closed",
               [] { parse_csv("a,\"b\nc,d\n", "f.csv"); });
}

TEST(Csv, NamesThePlaceOfOddBytes) {
  expect_error("line 1, column 2: a carriage return", [] { parse_csv("a,b\rc", "x"); });
  expect_error("line 1, column 1: a zero byte", [] { parse_csv(std::string("a\0b", 3), "x"); });
}

TEST(Csv, RefusesRowsOfAnotherWidth) {
  expect_error("x line 3 has 3 columns, expected 2", [] { parse_csv("a,b\nc,d\ne,f,g\n", "x"); });
  expect_error("x line 2 has 1 columns, expected 2", [] { parse_csv("a,b\nc\n", "x"); });
}

TEST(Csv, KeepsItsLimits) {
  expect_error("more than 2 columns",
               [] { parse_csv("a,b,c", "x", CsvOptions{.max_columns = 2}); });
  expect_error("more than 2 rows", [] { parse_csv("a\nb\nc", "x", CsvOptions{.max_rows = 2}); });
  expect_error("more than 3 fields",
               [] { parse_csv("a,b\nc,d", "x", CsvOptions{.max_fields = 3}); });
  expect_error("larger than 4 bytes", [] { parse_csv("a,b,c", "x", CsvOptions{.max_bytes = 4}); });
}

TEST(Labelled, SplitsNumbersFromTheClass) {
  const Labelled table = labelled(parse_csv("5.1, -3e-1,cat\n4,0,dog\n1,2,cat\n", "x"));
  EXPECT_EQ(table.rows, 3);
  EXPECT_EQ(table.columns, 2);
  EXPECT_EQ(table.x, (std::vector<double>{5.1, -0.3, 4, 0, 1, 2}));
  EXPECT_EQ(table.classes, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(table.label, (std::vector<std::int64_t>{0, 1, 0}));
}

TEST(Labelled, TakesTheClassFromAnyColumn) {
  const Csv csv = parse_csv("kind,a,b\nx,1,2\n", "f", CsvOptions{.header = true});
  const Labelled table = labelled(csv, 0);
  EXPECT_EQ(table.names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(table.x, (std::vector<double>{1, 2}));
  expect_error("f has 3 columns, so none with index 3", [&] { labelled(csv, 3); });
  expect_error("f has 3 columns, so none with index -4", [&] { labelled(csv, -4); });
}

TEST(Labelled, NamesThePlaceOfWhatIsNoNumber) {
  for (const char* field : {"abc", "", "1.5x", "nan", "inf", "1e999", "0x10", "1 2", "--1"}) {
    expect_error(
        std::string("f.csv line 3, column 2: wanted a number, found \"") + field + "\"",
        [&] { labelled(parse_csv(std::string("1,2,a\n\n1,") + field + ",b\n", "f.csv")); });
  }
  expect_error("line 1, column 2: wanted a class, found an empty field",
               [] { labelled(parse_csv("1,\n", "f.csv")); });
  expect_error("f.csv has no rows", [] { labelled(parse_csv("", "f.csv")); });
}

}  // namespace
