#include "tests/web/hostile_requests.h"

namespace tests {
namespace {

using Rows = std::vector<Hostile>;

// A GET with these lines after the Host.
std::string get(const std::string& target, const std::string& lines = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + lines + "\r\n";
}

// A POST whose head has these lines besides those that belong there.
std::string post_with(const std::string& lines, const std::string& body = "{}") {
  return "POST /api/set HTTP/1.1\r\nHost: localhost\r\n" + lines + "\r\n" + body;
}

std::string post(const std::string& body) {
  return post_with(
      "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n",
      body);
}

std::string nul(const std::string& before, const std::string& after) {
  return before + std::string(1, '\0') + after;
}

void add_other_protocols(Rows& rows) {
  rows.push_back({"nothing", "", 0, true});
  rows.push_back({"an empty line", "\r\n\r\n", 400});
  rows.push_back({"bare LF", "GET / HTTP/1.1\nHost: localhost\n\n", 400});
  rows.push_back({"bare CR", "GET / HTTP/1.1\rHost: localhost\r\r", 400});
  rows.push_back({"LF CR", "GET / HTTP/1.1\n\rHost: localhost\n\r\n\r", 400});
  rows.push_back({"HTTP/0.9", "GET /\r\n", 400, true});
  rows.push_back({"HTTP/0.9 with an empty line", "GET /\r\n\r\n", 400});
  rows.push_back({"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505});
  rows.push_back({"HTTP/1.2", "GET / HTTP/1.2\r\nHost: localhost\r\n\r\n", 505});
  rows.push_back({"http/1.1", "GET / http/1.1\r\nHost: localhost\r\n\r\n", 400});
  rows.push_back({"TLS hello", std::string("\x16\x03\x01\x02\x00\x01\x00", 7), 400});
  rows.push_back({"SOCKS", std::string("\x05\x01\x00", 3), 400});
  rows.push_back({"Telnet", "\xff\xfb\x01", 400});
  rows.push_back({"half a head", "GET / HTTP/1.1\r\nHost: loc", 400, true});
  rows.push_back({"only a request line", "GET / HTTP/1.1\r\n\r\n", 400});
}

void add_request_lines(Rows& rows) {
  for (const char* method : {"PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "G3T!"}) {
    rows.push_back({method, std::string(method) + " / HTTP/1.1\r\nHost: localhost\r\n\r\n", 405});
  }
  rows.push_back({"POST to a file",
                  "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                  "Content-Length: 2\r\n\r\n{}",
                  405});
  rows.push_back({"GET of a command", get("/api/set"), 405});
  rows.push_back({"HEAD of a stream", "HEAD /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n", 405});
  rows.push_back({"small letters", "get / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400});
  rows.push_back({"two blanks", "GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400});
  rows.push_back({"a tab", "GET\t/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400});
  rows.push_back({"a word too many", "GET / x HTTP/1.1\r\nHost: localhost\r\n\r\n", 400});
  rows.push_back({"text after the version", "GET / HTTP/1.1 x\r\nHost: localhost\r\n\r\n", 505});
  rows.push_back({"a whole address", get("http://localhost/"), 400});
  rows.push_back({"an asterisk", get("*"), 400});
  rows.push_back({"a path without slash", get("course.css"), 400});
  rows.push_back({"an umlaut", get("/\xc3\xa4"), 400});
  rows.push_back({"a fragment", get("/#a"), 400});
  rows.push_back({"NUL in the path", nul("GET /", " HTTP/1.1\r\nHost: localhost\r\n\r\n"), 400});
  rows.push_back({"long path", get("/" + std::string(3000, 'a')), 414});
  rows.push_back({"long query", get("/?a=" + std::string(3000, 'a')), 414});
  rows.push_back({"long line", "GET /" + std::string(20'000, 'a'), 414});
  rows.push_back({"long method", std::string(20'000, 'A'), 414});
}

void add_paths(Rows& rows) {
  for (const char* path : {"/../../../etc/passwd",
                           "/%2e%2e/%2e%2e/etc/passwd",
                           "/..%2f..%2fetc%2fpasswd",
                           "/..\\..\\etc",
                           "/%00",
                           "/course.css%00.html",
                           "/course%2ecss",
                           "/./course.css",
                           "//",
                           "/course.css/",
                           "/COURSE.CSS",
                           "/courseXcss",
                           "/.git/config",
                           "/%uFF0E%uFF0E/",
                           "/%",
                           "/%zz",
                           "/api",
                           "/api/",
                           "/api/set%20",
                           "/[a-z]*",
                           "/(((((((((((((((((((((",
                           "/.*"}) {
    rows.push_back({std::string("path ") + path, get(path), 404});
  }
  for (const char* query : {"a=1&a=2", "a=1&a=1", "a&a", "=1", "a=%", "a=%4", "a=%zz", "a=%00",
                            "a=%0a", "a?b", "%41=1&A=2", "a=%uFFFF"}) {
    rows.push_back({std::string("query ") + query, get("/api/echo?" + std::string(query)), 400});
  }
  rows.push_back({"query of separators", get("/api/echo?&&&&&&&&"), 200});
  rows.push_back({"query that is no UTF-8", get("/api/echo?a=%ff%fe"), 200});
}

void add_headers(Rows& rows, int port) {
  rows.push_back({"no colon", get("/", "Host\r\n"), 400});
  rows.push_back({"blank before the colon", get("/", "A : b\r\n"), 400});
  rows.push_back({"no name", get("/", ": b\r\n"), 400});
  rows.push_back({"folded", get("/", "A: b\r\n c\r\n"), 400});
  rows.push_back({"a name in brackets", get("/", "(A): b\r\n"), 400});
  rows.push_back({"NUL in a header", nul("GET / HTTP/1.1\r\nHost: local", "host\r\n\r\n"), 400});
  rows.push_back({"DEL in a header", get("/", "A: \x7f\r\n"), 400});
  rows.push_back({"LF in a header", get("/", "A: b\nContent-Length: 5\r\n"), 400});
  std::string many;
  for (int i = 0; i < 200; ++i) many += "A" + std::to_string(i) + ": b\r\n";
  rows.push_back({"200 headers", get("/", many), 431});
  rows.push_back({"a long header", get("/", "Cookie: " + std::string(20'000, 'a') + "\r\n"), 431});
  rows.push_back(
      {"a header of 8 KB", get("/", "Cookie: " + std::string(8'000, 'a') + "\r\n"), 200});
  rows.push_back({"bytes above 127", get("/", "User-Agent: \xff\xfe\xc3\r\n"), 200});

  const auto with_host = [](const std::string& line) {
    return "GET / HTTP/1.1\r\n" + line + "\r\n";
  };
  rows.push_back({"no host", with_host("A: b\r\n"), 400});
  rows.push_back({"an empty host", with_host("Host:\r\n"), 400});
  rows.push_back({"two hosts", with_host("Host: localhost\r\nHost: localhost\r\n"), 400});
  rows.push_back({"a host with a name", with_host("Host: a@localhost\r\n"), 400});
  rows.push_back({"a host with two ports", with_host("Host: localhost:80:80\r\n"), 400});
  rows.push_back({"a host with a path", with_host("Host: localhost/\r\n"), 400});
  rows.push_back({"an open bracket", with_host("Host: [::1\r\n"), 400});
  for (const char* host :
       {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example:8001",
        "127.0.0.2", "2130706433", "0x7f000001", "127.1", "0.0.0.0", "[::]", "localhost."}) {
    rows.push_back(
        {std::string("host ") + host, with_host("Host: " + std::string(host) + "\r\n"), 403});
  }
  rows.push_back({"HOST LOCALHOST", with_host("HOST: LOCALHOST:9\r\n"), 200});
  const std::string json = "Content-Type: application/json\r\nContent-Length: 2\r\n";
  for (const std::string& origin :
       {std::string("http://evil.example"), std::string("null"), std::string("http://localhost:1"),
        "http://localhost:" + std::to_string(port) + ".evil.example", std::string("localhost"),
        std::string("")}) {
    const std::string line = "Origin: " + origin + "\r\n";
    rows.push_back({line, post_with(line + json), 403});
  }
  rows.push_back({"two origins",
                  post_with("Origin: http://localhost\r\nOrigin: http://evil.example\r\n" + json),
                  400});
}

void add_bodies(Rows& rows, std::size_t body_bytes) {
  const std::string json = "Content-Type: application/json\r\n";
  rows.push_back({"no length", post_with(json), 411});
  for (const char* length :
       {"abc", "-1", "+2", "2, 2", "0x2", "2e0", "2.0", "", "2 2", "\xd9\xa2"}) {
    rows.push_back({"length '" + std::string(length) + "'",
                    post_with(json + "Content-Length: " + length + "\r\n"), 400});
  }
  for (const std::string& length :
       {std::to_string(body_bytes + 1), std::string("18446744073709551616"),
        std::string("18446744073709551618"), std::string(60, '9')}) {
    const std::string line = "Content-Length: " + length + "\r\n";
    rows.push_back({line, post_with(json + line), 413});
  }
  rows.push_back(
      {"two lengths", post_with(json + "Content-Length: 2\r\nContent-Length: 2\r\n"), 400});
  rows.push_back(
      {"chunked", post_with(json + "Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"), 411});
  rows.push_back({"chunked with a length",
                  post_with(json + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"), 411});
  rows.push_back({"an endless chunk",
                  post_with(json + "Transfer-Encoding: chunked\r\n", "ffffffffffffffff\r\n"), 411});
  rows.push_back(
      {"gzip", post_with(json + "Content-Length: 2\r\nContent-Encoding: gzip\r\n"), 415});
  rows.push_back(
      {"brotli", post_with(json + "Content-Length: 2\r\nContent-Encoding: br\r\n"), 415});
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "application/jsonx",
                           "multipart/form-data; boundary=a", "", "text/plain, application/json"}) {
    rows.push_back({"type " + std::string(type),
                    post_with("Content-Length: 2\r\nContent-Type: " + std::string(type) + "\r\n"),
                    415});
  }
  rows.push_back({"no type", post_with("Content-Length: 2\r\n"), 415});
  rows.push_back({"a body cut off", post_with(json + "Content-Length: 9\r\n", "{}"), 400, true});
  rows.push_back(
      {"bytes after the body", post_with(json + "Content-Length: 2\r\n", "{}{}{}"), 200});
  rows.push_back({"a second request", post("{}") + post("{}"), 200});
  rows.push_back({"a GET with a body", get("/", "Content-Length: 2\r\n") + "{}", 400});
  rows.push_back({"a chunked GET", get("/", "Transfer-Encoding: chunked\r\n"), 411});
  rows.push_back(
      {"an expectation", post_with(json + "Content-Length: 2\r\nExpect: 200-ok\r\n"), 417});
  rows.push_back({"too large, and waiting to go on",
                  post_with(json + "Content-Length: 999999999\r\nExpect: 100-continue\r\n", ""),
                  413});
  rows.push_back({"half closed after a good request", post("{}"), 200, true});
}

void add_json(Rows& rows) {
  std::string many = "{";
  for (int i = 0; i < 5000; ++i) many += "\"k" + std::to_string(i) + "\":1,";
  many += "\"k\":1}";
  const std::string nothing;
  for (const std::string& body :
       {nothing,
        std::string("[]"),
        std::string("null"),
        std::string("1"),
        std::string("\"a\""),
        std::string("{"),
        std::string("{}}"),
        std::string("{} {}"),
        std::string("{lr: 1}"),
        std::string("{'lr': 1}"),
        std::string("{\"lr\": NaN}"),
        std::string("{\"lr\": Infinity}"),
        std::string("{\"lr\": -Infinity}"),
        std::string("{\"lr\": 1e999}"),
        std::string("{\"lr\": 1e309}"),
        std::string("{\"lr\": \"1\"}"),
        std::string("{\"lr\": null}"),
        std::string("{\"lr\": [1]}"),
        std::string("{\"lr\": -1e-300}"),
        std::string("{\"lr\": 10.1}"),
        std::string("{\"lr\": 1, \"lr\": 2}"),
        std::string("{\"steps\": 1.5}"),
        std::string("{\"steps\": 0}"),
        std::string("{\"steps\": 1e3}"),
        std::string("{\"steps\": 9223372036854775808}"),
        std::string("{\"steps\": 18446744073709551617}"),
        std::string("{\"steps\": -9223372036854775809}"),
        std::string("{\"unknown\": 1}"),
        std::string("{\"a\\u0000b\": 1}"),
        nul("{\"lr\"", ": 1}"),
        std::string("{\"\xff\": 1}"),
        std::string("{\"lr\": \"\\ud800\"}"),
        std::string("{\"lr\": 1, /* no */ \"steps\": 1}"),
        "{\"lr\": " + std::string(30'000, '[') + "}",
        "{\"lr\": " + std::string(30'000, '[') + std::string(30'000, ']') + "}",
        "{\"" + std::string(60'000, 'k') + "\": 1}",
        "{\"lr\": \"" + std::string(60'000, 'v') + "\"}",
        "{\"lr\": " + std::string(60'000, '9') + "}",
        many}) {
    rows.push_back({"body " + body.substr(0, 40), post(body), 400});
  }
}

void add_oddities(Rows& rows) {
  for (const char* range : {"bytes=0-1", "bytes=-", "bytes=9-1", "bytes=0-99999999999999999999",
                            "bytes=-1", "lines=1"}) {
    rows.push_back({"range " + std::string(range),
                    get("/big.txt", "Range: " + std::string(range) + "\r\n"), 200});
  }
  std::string ranges = "0-0";
  for (int i = 0; i < 2000; ++i) ranges += ",0-0";
  rows.push_back({"2000 ranges", get("/big.txt", "Range: bytes=" + ranges + "\r\n"), 200});
  rows.push_back({"a websocket", get("/", "Upgrade: websocket\r\nConnection: Upgrade\r\n"), 200});
  rows.push_back({"keep-alive", get("/", "Connection: keep-alive\r\nKeep-Alive: 999\r\n"), 200});
  rows.push_back({"compression asked for", get("/big.txt", "Accept-Encoding: br, gzip\r\n"), 200});
  rows.push_back({"HTTP/1.0", "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n", 200});
}

}  // namespace

std::vector<Hostile> hostile_requests(int port, std::size_t body_bytes) {
  Rows rows;
  add_other_protocols(rows);
  add_request_lines(rows);
  add_paths(rows);
  add_headers(rows, port);
  add_bodies(rows, body_bytes);
  add_json(rows);
  add_oddities(rows);
  return rows;
}

}  // namespace tests
