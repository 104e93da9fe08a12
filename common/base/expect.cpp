#include "common/base/expect.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "common/base/error.h"
#include "common/base/nearest.h"

namespace common::base {
namespace {

std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

bool any_nan(const std::vector<double>& values) {
  return std::any_of(values.begin(), values.end(), [](double value) { return std::isnan(value); });
}

}  // namespace

double Spread::mean() const {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double Spread::deviation() const {
  if (values.size() < 2) return 0;
  double sum = 0;
  for (const double value : values) sum += (value - mean()) * (value - mean());
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

double Spread::least() const {
  return any_nan(values) ? NAN : *std::min_element(values.begin(), values.end());
}

double Spread::middle() const { return any_nan(values) ? NAN : median(values); }

double Spread::most() const {
  return any_nan(values) ? NAN : *std::max_element(values.begin(), values.end());
}

std::optional<Spread> find_spread(const std::vector<Spread>& measured, const std::string& name) {
  for (const auto& spread : measured) {
    if (spread.name == name) return spread;
    if (spread.name + "_min" == name) return Spread{name, {spread.least()}};
    if (spread.name + "_median" == name) return Spread{name, {spread.middle()}};
    if (spread.name + "_max" == name) return Spread{name, {spread.most()}};
  }
  return std::nullopt;
}

std::vector<Spread> spreads(const std::vector<Metrics>& runs) {
  std::vector<Spread> all;
  for (const auto& [name, value] : runs.at(0)) all.push_back({name, {}});
  for (const auto& run : runs) {
    require(run.size() == all.size(), "the runs do not report the same metrics");
    for (std::size_t i = 0; i < run.size(); ++i) {
      require(run[i].first == all[i].name,
              "the runs do not report the same metrics: " + all[i].name + " and " + run[i].first);
      all[i].values.push_back(run[i].second);
    }
  }
  return all;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::string describe(const Spread& spread) {
  if (spread.values.size() == 1) return number(spread.values[0]);
  std::string each;
  for (const double value : spread.values) each += " " + number(value);
  return number(spread.mean()) + " +- " + number(spread.deviation()) + " (" +
         std::to_string(spread.values.size()) + " seeds:" + each + ")";
}

bool Expectation::holds(double value) const {
  if (comparison == ">=") return value >= bar;
  if (comparison == "<=") return value <= bar;
  if (comparison == ">") return value > bar;
  if (comparison == "<") return value < bar;
  return value == bar;
}

Expectation parse_expectation(const std::string& text) {
  const auto operator_at = text.find_first_of("<>=");
  const std::string wanted =
      "--expect: wanted METRIC>=NUMBER (or <=, >, <, ==), found \"" + text.substr(0, 80) + "\"";
  require(operator_at != std::string::npos && operator_at > 0, wanted);
  auto number_at = text.find_first_not_of("<>=", operator_at);
  require(number_at != std::string::npos, wanted);
  Expectation expectation;
  expectation.metric = text.substr(0, operator_at);
  expectation.comparison = text.substr(operator_at, number_at - operator_at);
  while (!expectation.metric.empty() && expectation.metric.back() == ' ') {
    expectation.metric.pop_back();
  }
  while (number_at < text.size() && text[number_at] == ' ') ++number_at;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + number_at, end, expectation.bar);
  const std::string& c = expectation.comparison;
  require(error == std::errc() && stop == end && std::isfinite(expectation.bar) &&
              !expectation.metric.empty() &&
              (c == ">=" || c == "<=" || c == ">" || c == "<" || c == "=="),
          wanted);
  return expectation;
}

bool judge(const std::vector<Expectation>& expectations, const std::vector<Spread>& measured,
           Run& run) {
  std::vector<std::string> names;
  for (const auto& spread : measured) names.push_back(spread.name);
  bool all_hold = true;
  for (const auto& expectation : expectations) {
    const auto found = find_spread(measured, expectation.metric);
    require(found.has_value(), "--expect: this run has no metric \"" + expectation.metric + "\"" +
                                   did_you_mean(expectation.metric, names) + "; it has " +
                                   join(names));
    const bool holds = expectation.holds(found->mean());
    run.say("expected " + expectation.metric + " " + expectation.comparison + " " +
            number(expectation.bar) + ", measured " + describe(*found) +
            (holds ? ": met" : ": MISSED"));
    all_hold = all_hold && holds;
  }
  return all_hold;
}

}  // namespace common::base
