#include "common/web/internal/answers.h"

#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "common/base/json.h"

namespace common::web::internal {
namespace {

const char* reason(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Internal Server Error";
  }
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
}

}  // namespace

httplib::Headers common_headers() {
  return {{"Content-Security-Policy",
           "default-src 'self'; img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; "
           "frame-ancestors 'none'"},
          {"Cross-Origin-Resource-Policy", "same-origin"},
          {"X-Content-Type-Options", "nosniff"},
          {"Referrer-Policy", "no-referrer"},
          {"Accept-Ranges", "none"}};
}

std::string content_type(std::string_view file_name) {
  if (ends_with(file_name, ".html")) return "text/html; charset=utf-8";
  if (ends_with(file_name, ".css")) return "text/css; charset=utf-8";
  if (ends_with(file_name, ".js")) return "text/javascript; charset=utf-8";
  if (ends_with(file_name, ".json")) return "application/json";
  if (ends_with(file_name, ".svg")) return "image/svg+xml";
  if (ends_with(file_name, ".png")) return "image/png";
  if (ends_with(file_name, ".webp")) return "image/webp";
  if (ends_with(file_name, ".ico")) return "image/x-icon";
  if (ends_with(file_name, ".txt")) return "text/plain; charset=utf-8";
  throw std::logic_error("no content type is known for " + std::string(file_name));
}

std::string error_json(const std::string& message) {
  return base::line_of(base::Json{{"error", message}});
}

std::string refusal_answer(int status, const std::string& message, const std::string& allow,
                           bool with_body) {
  const std::string body = error_json(message);
  std::string answer = "HTTP/1.1 " + std::to_string(status) + " " + reason(status) + "\r\n";
  for (const auto& [name, value] : common_headers()) {
    answer.append(name).append(": ").append(value).append("\r\n");
  }
  if (status == 405) answer += "Allow: " + allow + "\r\n";
  answer += "Cache-Control: no-store\r\nConnection: close\r\nContent-Type: application/json\r\n";
  answer += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  return with_body ? answer + body : answer;
}

void log_fault(const std::string& where, const char* what) {
  const std::string line(what, std::strcspn(what, "\r\n"));
  std::fprintf(stderr, "web: %s failed: %.500s\n", where.c_str(), line.c_str());
}

}  // namespace common::web::internal
