// Settings: name, default, help and range of each in one place; filled from JSON and flags.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <variant>
#include <vector>

#include "common/base/json.h"

namespace common::base {

/// One setting: a name bound to a variable of the caller's, whose value when it is added is the
/// default. Numbers must be finite and in range, words one of the allowed.
class Setting {
 public:
  using Target =
      std::variant<bool*, std::int64_t*, double*, std::string*, std::vector<std::int64_t>*>;

  Setting(std::string name, Target target, std::string help);

  /// Limits numbers (each number of a list) to [low, high].
  Setting& range(double low, double high);
  /// Limits a word to the given ones.
  Setting& one_of(std::vector<std::string> words);
  /// Says that a word is a file or folder: a relative one is made absolute, so that a run can be
  /// resumed from anywhere.
  Setting& path();
  /// Limits how many numbers a list holds to [fewest, most].
  Setting& count(std::size_t fewest, std::size_t most);

  /// Sets the variable from a JSON value. `where` stands for the setting in messages.
  /// Errors: `Error` for a value of another type or out of range; the variable keeps its value.
  void set(const Json& value, const std::string& where) const;
  /// Sets the variable from a flag's text: true/false, a number, a word, or a list as 4,8,4.
  void set_text(const std::string& text, const std::string& where) const;

  const std::string& name() const { return name_; }
  const std::string& help() const { return help_; }
  bool is_flag() const { return std::holds_alternative<bool*>(target_); }
  Json value() const;
  /// Returns what is allowed, as "a number from 0 to 1" or "one of tanh, relu".
  std::string wanted() const;

 private:
  std::string name_;
  Target target_;
  std::string help_;
  double low_ = -1e300, high_ = 1e300;
  std::size_t fewest_ = 0, most_ = 64;
  std::vector<std::string> words_;
  bool is_path_ = false;
};

/// All settings of a command.
class Settings {
 public:
  /// Adds a setting bound to `target`. Names are lower-case words joined by '-' (a JSON key may
  /// write '_' instead).
  Setting& add(const std::string& name, Setting::Target target, const std::string& help);

  /// Sets every key of a JSON object. `where` names the file in messages.
  /// Errors: `Error` for an unknown key (with the nearest name) or a bad value.
  void apply(const Json& object, const std::string& where);

  /// Returns the setting of that name (with '-' or '_').
  /// Errors: `Error` when there is none, with the nearest name.
  const Setting& find(const std::string& name, const std::string& where) const;

  /// Returns all names with their values.
  Json to_json() const;
  std::vector<std::string> names() const;
  const std::deque<Setting>& all() const { return settings_; }

 private:
  std::deque<Setting> settings_;  // a deque: references stay valid while settings are added
};

}  // namespace common::base
