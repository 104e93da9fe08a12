#include "common/base/settings.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "common/base/error.h"
#include "common/base/nearest.h"

namespace common::base {
namespace {

std::string short_number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.12g", value);
  return text;
}

// What was found, short enough for one line.
std::string found(const Json& value) {
  std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

std::string with_dashes(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

bool parse_integer(const std::string& text, std::int64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool parse_number(const std::string& text, double& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(value);
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// Splits at commas; blanks around an item and brackets around the list are dropped.
std::vector<std::string> items(const std::string& list) {
  std::string text = trimmed(list);
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    text = trimmed(text.substr(1, text.size() - 2));
  }
  std::vector<std::string> parts;
  for (std::size_t at = 0; !text.empty() && at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    parts.push_back(trimmed(text.substr(at, comma - at)));
    at = comma + 1;
  }
  return parts;
}

}  // namespace

Setting::Setting(std::string name, Target target, std::string help)
    : name_(std::move(name)), target_(target), help_(std::move(help)) {}

Setting& Setting::range(double low, double high) {
  low_ = low;
  high_ = high;
  return *this;
}

Setting& Setting::one_of(std::vector<std::string> words) {
  words_ = std::move(words);
  return *this;
}

Setting& Setting::path() {
  is_path_ = true;
  return *this;
}

Setting& Setting::count(std::size_t fewest, std::size_t most) {
  fewest_ = fewest;
  most_ = most;
  return *this;
}

std::string Setting::wanted() const {
  if (is_flag()) return "true or false";
  if (std::holds_alternative<std::string*>(target_)) {
    return words_.empty() ? "a word" : "one of " + join(words_);
  }
  std::string range;
  if (low_ > -1e300 && high_ < 1e300) {
    range = " from " + short_number(low_) + " to " + short_number(high_);
  } else if (low_ > -1e300) {
    range = " of at least " + short_number(low_);
  }
  if (std::holds_alternative<double*>(target_)) return "a number" + range;
  if (std::holds_alternative<std::int64_t*>(target_)) return "a whole number" + range;
  return std::to_string(fewest_) + " to " + std::to_string(most_) + " whole numbers" + range +
         " (as 8,8)";
}

Json Setting::value() const {
  return std::visit([](const auto* target) { return Json(*target); }, target_);
}

void Setting::set(const Json& value, const std::string& where) const {
  const auto check = [&](bool ok) {
    std::string hint;
    if (!ok && value.is_string()) hint = did_you_mean(value.get<std::string>(), words_);
    require(ok, where + ": wanted " + wanted() + ", found " + found(value) + hint);
  };
  const auto in_range = [&](double x) { return x >= low_ && x <= high_; };
  // Whole numbers as JSON has them; one beyond 64 bits with sign is out of every range here.
  const auto whole = [&](const Json& x) {
    check(x.is_number_integer());
    check(!x.is_number_unsigned() || x.get<std::uint64_t>() <= INT64_MAX);
    check(in_range(static_cast<double>(x.get<std::int64_t>())));
    return x.get<std::int64_t>();
  };
  if (auto* const* flag = std::get_if<bool*>(&target_)) {
    check(value.is_boolean());
    **flag = value.get<bool>();
  } else if (auto* const* count = std::get_if<std::int64_t*>(&target_)) {
    **count = whole(value);
  } else if (auto* const* real = std::get_if<double*>(&target_)) {
    check(value.is_number());
    const double number = value.get<double>();
    check(std::isfinite(number) && in_range(number));
    **real = number;
  } else if (auto* const* word = std::get_if<std::string*>(&target_)) {
    check(value.is_string());
    auto text = value.get<std::string>();
    if (is_path_ && !text.empty()) text = std::filesystem::absolute(text).string();
    check(words_.empty() || std::find(words_.begin(), words_.end(), text) != words_.end());
    **word = text;
  } else if (auto* const* list = std::get_if<std::vector<std::int64_t>*>(&target_)) {
    check(value.is_array() && value.size() >= fewest_ && value.size() <= most_);
    std::vector<std::int64_t> numbers;
    for (const auto& item : value) numbers.push_back(whole(item));
    **list = std::move(numbers);
  }
}

void Setting::set_text(const std::string& text, const std::string& where) const {
  Json value = text;  // stays text when it is not of the wanted type, so that set() refuses it
  std::int64_t whole = 0;
  double number = 0;
  if (std::holds_alternative<bool*>(target_)) {
    if (text == "true" || text == "false") value = text == "true";
  } else if (std::holds_alternative<std::int64_t*>(target_)) {
    if (parse_integer(text, whole)) value = whole;
  } else if (std::holds_alternative<double*>(target_)) {
    if (parse_number(text, number)) value = number;
  } else if (std::holds_alternative<std::vector<std::int64_t>*>(target_)) {
    Json list = Json::array();
    bool ok = true;
    for (const auto& item : items(text)) {
      ok = ok && parse_integer(item, whole);
      list.push_back(whole);
    }
    if (ok) value = std::move(list);
  }
  set(value, where);
}

Setting& Settings::add(const std::string& name, Setting::Target target, const std::string& help) {
  return settings_.emplace_back(name, target, help);
}

const Setting& Settings::find(const std::string& name, const std::string& where) const {
  const std::string wanted = with_dashes(name);
  for (const auto& setting : settings_) {
    if (setting.name() == wanted) return setting;
  }
  throw Error(where + ": there is no setting \"" + name.substr(0, 60) + "\"" +
              did_you_mean(wanted, names()));
}

void Settings::apply(const Json& object, const std::string& where) {
  require(object.is_object(), where + ": wanted an object of settings, found " + found(object));
  for (const auto& [key, value] : object.items()) {
    find(key, where).set(value, where + ": " + key.substr(0, 60));
  }
}

Json Settings::to_json() const {
  Json object = Json::object();
  for (const auto& setting : settings_) object[setting.name()] = setting.value();
  return object;
}

std::vector<std::string> Settings::names() const {
  std::vector<std::string> names;
  for (const auto& setting : settings_) names.push_back(setting.name());
  return names;
}

}  // namespace common::base
