#include "common/base/json.h"

#include <algorithm>
#include <set>
#include <vector>

#include "common/base/error.h"
#include "common/base/files.h"

namespace common::base {

namespace {

// Looks at depth and keys only, before the values are built: nlohmann's callback for both at once
// takes time that grows with the square of an array's length.
class Check : public nlohmann::json_sax<Json> {
 public:
  Check(const std::string& name, std::size_t most_keys) : name_(name), most_keys_(most_keys) {}

  bool start_object(std::size_t) override {
    keys_.emplace_back();
    return open();
  }
  bool key(std::string& key) override {
    auto& seen = keys_.back();
    require(seen.insert(key).second, name_ + " has the key " + shown(key) + " twice");
    require(seen.size() <= most_keys_,
            name_ + " has an object of more than " + std::to_string(most_keys_) + " keys");
    return true;
  }
  bool end_object() override {
    keys_.pop_back();
    return close();
  }
  bool start_array(std::size_t) override { return open(); }
  bool end_array() override { return close(); }
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const std::string&) override { return true; }
  bool string(std::string&) override { return true; }
  bool binary(Json::binary_t&) override { return true; }
  // The parser that follows finds the same fault and tells it.
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  bool open() {
    constexpr int kMaxDepth = 64;
    require(++depth_ <= kMaxDepth,
            name_ + " is nested deeper than " + std::to_string(kMaxDepth) + " levels");
    return true;
  }
  bool close() {
    --depth_;
    return true;
  }

  const std::string& name_;
  const std::size_t most_keys_;
  int depth_ = 0;
  std::vector<std::set<std::string>> keys_;  // of each object that is open
};

}  // namespace

Json parse_json(std::string_view text, const std::string& name, std::size_t most_keys) {
  Check check(name, most_keys);
  Json::sax_parse(text.begin(), text.end(), &check);
  try {
    return Json::parse(text.begin(), text.end());
  } catch (const Json::exception& error) {
    std::string what = error.what();  // "[json.exception...] parse error at line 1, column 5: ..."
    what = what.substr(what.find("] ") == std::string::npos ? 0 : what.find("] ") + 2);
    if (what.size() > 200) what = what.substr(0, 197) + "...";  // it quotes what was read last
    throw Error(name + " is not valid JSON: " + what);
  }
}

Json read_json(const std::filesystem::path& path) {
  return parse_json(read_file(path, 64'000'000), path.string());
}

std::string shown(std::string_view name) {
  return Json(name.substr(0, 80))
      .dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
}

std::string line_of(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool is_plain_text(const std::string& name) {
  const bool has_control =
      std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  try {
    return !has_control && !Json(name).dump().empty();
  } catch (const Json::type_error&) {  // no UTF-8
    return false;
  }
}

void write_json(const std::filesystem::path& path, const Json& value) {
  write_file(path, value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace common::base
