// Fuzzes the settings: from any JSON, flag text, command line or bar, values stay in their range or
// an Error is thrown.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/base/expect.h"
#include "common/base/flags.h"
#include "common/base/run.h"
#include "common/base/settings.h"

namespace {

using namespace common::base;

struct Values {
  bool flag = false;
  std::int64_t count = 3;
  double rate = 0.5;
  std::string word = "tanh";
  std::vector<std::int64_t> list = {4};
};

void describe_values(Settings& settings, Values& v) {
  settings.add("flag", &v.flag, "a switch");
  settings.add("count", &v.count, "a count").range(1, 1000);
  settings.add("rate", &v.rate, "a rate").range(0, 1);
  settings.add("word", &v.word, "a word").one_of({"tanh", "relu"});
  settings.add("list-of", &v.list, "a list").range(1, 64).count(1, 4);
}

// Aborts when a value left its range.
void check(const Values& v) {
  bool ok = v.count >= 1 && v.count <= 1000 && v.rate >= 0 && v.rate <= 1 &&
            (v.word == "tanh" || v.word == "relu") && !v.list.empty() && v.list.size() <= 4;
  for (const std::int64_t item : v.list) ok = ok && item >= 1 && item <= 64;
  if (!ok) std::abort();
}

template <class Action>
void attempt(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    // One line that a person can read, however hostile the input.
    if (std::string_view(error.what()).size() > 4000) std::abort();
  }
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, ' ');) {
    // --help prints and a NUL cannot come from a command line.
    if (word.rfind("-h", 0) == 0 || word.rfind("--h", 0) == 0) return {};
    if (word.find('\0') == std::string::npos) words.push_back(word);
  }
  return words;
}

}  // namespace

// The first byte picks what the rest is taken for.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  Values values;
  Settings settings;
  describe_values(settings, values);
  attempt([&] {
    switch (bytes[0] % 4) {
      case 0:
        settings.apply(parse_json(text, "fuzz.json"), "fuzz.json");
        break;
      case 1:
        for (const auto& setting : settings.all()) {
          attempt([&] { setting.set_text(text, "--" + setting.name()); });
        }
        break;
      case 2: {
        const auto flags =
            parse_flags({"week00", "train", "", "xor", {}}, settings, words_of(text));
        for (const auto& [name, given] : flags.settings) {
          settings.find(name, "--" + name).set_text(given, "--" + name);
        }
        break;
      }
      case 3:
        if (!std::isfinite(parse_expectation(text).bar)) std::abort();
        RunConfig::from_json(parse_json(text, "config.json"), "config.json");
        break;
    }
  });
  check(values);
  return 0;
}
