#include "common/web/internal/head.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace common::web::internal {
namespace {

constexpr std::size_t kMostTarget = 2048;  // bytes
constexpr std::size_t kMostHeaders = 100;

// What is looked at; each may be sent only once. Range, Accept-Encoding and the rest are ignored.
constexpr std::array kHeaders = {"content-encoding", "content-length", "content-type",
                                 "expect",           "host",           "origin",
                                 "transfer-encoding"};

void check(bool ok, int status, const char* message) {
  if (!ok) throw Refusal(status, message);
}

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// What a header's name is made of (RFC 9110, 5.6.2).
bool is_token(char c) {
  return is_upper(c) || (c >= 'a' && c <= 'z') || is_digit(c) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Cuts the text up to `end` off `rest` and returns it.
std::string_view cut(std::string_view& rest, std::string_view end) {
  const std::size_t at = std::min(rest.find(end), rest.size());
  const std::string_view piece = rest.substr(0, at);
  rest.remove_prefix(std::min(at + end.size(), rest.size()));
  return piece;
}

void parse_request_line(std::string_view line, Head& head) {
  head.method = cut(line, " ");
  head.target = cut(line, " ");
  check(!head.method.empty() && std::all_of(head.method.begin(), head.method.end(), is_token) &&
            !head.target.empty() && line.substr(0, 5) == "HTTP/",
        400, "the request line is not METHOD /path HTTP/1.1");
  check(line == "HTTP/1.1" || line == "HTTP/1.0", 505,
        "only HTTP/1.1 and HTTP/1.0 are spoken here");
  check(head.method == "GET" || head.method == "HEAD" || head.method == "POST", 405,
        "only GET, HEAD and POST are answered here");
  check(head.target.size() <= kMostTarget, 414, "the address is too long");
  const auto plain = [](char c) { return c > ' ' && c < '\x7f' && c != '#'; };
  check(head.target.front() == '/' && std::all_of(head.target.begin(), head.target.end(), plain) &&
            std::count(head.target.begin(), head.target.end(), '?') <= 1,
        400, "the address is not a path with at most one '?'");
  head.path = head.target.substr(0, head.target.find('?'));
}

// Splits "name" or "[::1]" from an optional ":port"; false when it is neither.
bool split_host(std::string_view host, std::string_view& name) {
  const std::size_t bracket = host.empty() || host.front() != '[' ? 0 : host.find(']');
  if (bracket == std::string_view::npos) return false;
  const std::size_t colon = host.find(':', bracket);
  name = host.substr(0, colon);
  const auto in_name = [](char c) { return is_token(c) || c == ':' || c == '[' || c == ']'; };
  if (name.empty() || !std::all_of(name.begin(), name.end(), in_name)) return false;
  if (colon == std::string_view::npos) return true;
  const std::string_view port = host.substr(colon + 1);
  return !port.empty() && port.size() <= 5 && std::all_of(port.begin(), port.end(), is_digit);
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Undoes %41 and '+'.
std::string decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    int c = text[i] == '+' ? ' ' : static_cast<unsigned char>(text[i]);
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      check(high >= 0 && low >= 0, 400, "the address has a '%' without two hex digits");
      c = high * 16 + low;
      i += 2;
    }
    check(c >= ' ' && c != 0x7f, 400, "the address has a control character");
    result += static_cast<char>(c);
  }
  return result;
}

}  // namespace

std::string_view Head::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::size_t head_end(std::string_view bytes, std::size_t looked_at) {
  for (std::size_t i = looked_at; i < bytes.size(); ++i) {
    const char c = bytes[i];
    const char before = i > 0 ? bytes[i - 1] : '\0';
    check(i > 0 || is_upper(c), 400, "this is no HTTP request (https:// is not spoken here)");
    check((c == '\n') == (before == '\r'), 400, "a line of the request does not end in CR LF");
    const auto byte = static_cast<unsigned char>(c);
    check(byte >= ' ' ? byte != 0x7f : c == '\t' || c == '\r' || c == '\n', 400,
          "the request has a control character");
    if (c == '\n' && i >= 3 && bytes[i - 2] == '\n') return i + 1;
  }
  return std::string_view::npos;
}

Head parse_head(std::string_view bytes) {
  Head head;
  parse_request_line(cut(bytes, "\r\n"), head);
  std::size_t count = 0;
  for (;;) {
    std::string_view value = cut(bytes, "\r\n");
    if (value.empty()) break;
    check(++count <= kMostHeaders, 431, "the request has too many headers");
    const bool has_colon = value.find(':') != std::string_view::npos;
    const std::string name = lower(cut(value, ":"));
    check(has_colon && !name.empty() && std::all_of(name.begin(), name.end(), is_token), 400,
          "a header is not NAME: VALUE");
    if (std::find(kHeaders.begin(), kHeaders.end(), name) == kHeaders.end()) continue;
    check(head.headers.emplace(name, trimmed(value)).second, 400,
          "a header that may be sent once was sent twice");
  }
  return head;
}

void check_source(const Head& head, const std::vector<std::string>& names) {
  const std::string host = lower(head.header("host"));
  std::string_view name;
  check(split_host(host, name), 400, "the Host header is missing or is not NAME:PORT");
  check(names.empty() || std::find(names.begin(), names.end(), name) != names.end(), 403,
        "this page is for this machine alone: open it at http://127.0.0.1 or http://localhost");
  if (head.method == "POST" && head.headers.count("origin") != 0) {
    const std::string origin = lower(head.header("origin"));
    check(origin == "http://" + host || origin == "https://" + host, 403,
          "only pages of this server may ask for that");
  }
}

std::size_t check_body(const Head& head, const Limits& limits, const std::string& type) {
  check(head.headers.count("transfer-encoding") == 0, 411,
        "Transfer-Encoding is not taken here: send the body with its Content-Length");
  check(head.headers.count("content-encoding") == 0, 415, "a compressed body is not taken here");
  const std::string_view expect = head.header("expect");
  check(expect.empty() || lower(expect) == "100-continue", 417,
        "only 100-continue may be expected");
  const std::string_view text = head.header("content-length");
  if (head.headers.count("content-length") == 0) {
    check(head.method != "POST", 411, "a POST needs a Content-Length");
    return 0;
  }
  check(!text.empty() && std::all_of(text.begin(), text.end(), is_digit), 400,
        "Content-Length is not a number");
  std::size_t length = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), length);
  check(parsed.ec == std::errc() && length <= limits.body_bytes, 413, "the body is too large");
  if (head.method != "POST") {
    check(length == 0, 400, "only a POST has a body");
    return 0;
  }
  std::string_view given = head.header("content-type");
  if (lower(trimmed(cut(given, ";"))) != type) {
    throw Refusal(415, "the body must be sent as " + type);
  }
  return length;
}

std::map<std::string, std::string> parse_query(std::string_view target) {
  std::map<std::string, std::string> query;
  cut(target, "?");
  while (!target.empty()) {
    std::string_view value = cut(target, "&");
    if (value.empty()) continue;
    const std::string name = decoded(cut(value, "="));
    check(!name.empty(), 400, "the address has a value without a name");
    check(query.emplace(name, decoded(value)).second, 400, "the address has a name twice");
  }
  return query;
}

}  // namespace common::web::internal
