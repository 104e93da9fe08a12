// Fuzzes the server: any bytes on a connection get one whole answer or none, never a fault, and no
// setting leaves its range.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/settings.h"
#include "common/web/internal/head.h"
#include "common/web/server.h"

namespace {

using namespace common::web;

void insist(bool ok) {
  if (!ok) std::abort();
}

Reply set(const Request& request) {
  double rate = 0.1;
  std::int64_t steps = 1;
  std::string name = "tanh";
  std::vector<std::int64_t> layers = {4};
  common::base::Settings settings;
  settings.add("lr", &rate, "learning rate").range(0, 10);
  settings.add("steps", &steps, "steps").range(1, 1000);
  settings.add("activation", &name, "activation").one_of({"tanh", "relu"});
  settings.add("hidden", &layers, "units").range(1, 8).count(0, 6);
  settings.apply(request.body, "the request");
  insist(rate >= 0 && rate <= 10 && steps >= 1 && steps <= 1000 && layers.size() <= 6);
  return Reply{{{"lr", rate}, {"steps", steps}, {"activation", name}, {"hidden", layers}}};
}

Reply echo(const Request& request) {
  Reply reply;
  for (const auto& [name, value] : request.query) {
    insist(!name.empty() && name.find('\0') == std::string::npos);
    reply.json[name] = value;
    reply.download = value;
  }
  return reply;
}

Server::Stream ticks(const Request& request) {
  if (request.query.count("session") == 0) throw Refusal(404, "no such session");
  return [](EventStream& out) {
    for (int i = 0; i < 3 && out.send("tick", "1"); ++i) out.open();
  };
}

Server& server() {
  static Server* const ready = [] {
    Limits limits;
    limits.head_bytes = 4096;
    limits.body_bytes = 4096;
    static Server made(limits);
    made.file("/", {"index.html", "<h1>A page</h1>"});
    made.get("/api/echo", echo);
    made.post("/api/set", set);
    made.stream("/api/ticks", ticks);
    return &made;
  }();
  return *ready;
}

// What the server answers to `request` from a client that then sends no more.
std::string answer_to(std::string_view request) {
  int ends[2];
  insist(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  (void)!::send(ends[0], request.data(), request.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  ::shutdown(ends[0], SHUT_WR);
  server().serve(ends[1]);
  std::string answer;
  std::array<char, 65'536> buffer;
  for (ssize_t got = 0; (got = ::recv(ends[0], buffer.data(), buffer.size(), 0)) > 0;) {
    answer.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  return answer;
}

void check_answer(std::string_view answer, bool is_head) {
  constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";
  if (answer.substr(0, kGoOn.size()) == kGoOn) answer.remove_prefix(kGoOn.size());
  if (answer.empty()) return;
  const std::size_t end = answer.find("\r\n\r\n");
  insist(answer.substr(0, 9) == "HTTP/1.1 " && end != std::string_view::npos);
  const std::string status(answer.substr(9, 3));
  const std::set<std::string> known = {"200", "400", "403", "404", "405", "408", "411",
                                       "413", "414", "415", "417", "431", "505"};
  insist(known.count(status) == 1);
  const std::string_view body = answer.substr(end + 4);
  if (is_head) insist(body.empty() || status == "400");  // 400: cut off, before it was known
  if (status == "200" || (is_head && body.empty())) return;
  const auto error = common::base::parse_json(body, "answer").at("error").get<std::string>();
  insist(!error.empty() && error.size() < 1000);
}

// A head is found in the same place, or refused, however it arrives in pieces.
void check_pieces(std::string_view bytes) {
  const auto find = [&](std::size_t piece) -> long {
    try {
      for (std::size_t size = 0, looked_at = 0;; looked_at = size) {
        size = std::min(size + piece, bytes.size());
        const std::size_t end = internal::head_end(bytes.substr(0, size), looked_at);
        if (end != std::string_view::npos) return static_cast<long>(end);
        if (size == bytes.size()) return -1;
      }
    } catch (const Refusal&) {
      return -2;
    }
  };
  const long whole = find(bytes.size() + 1);
  insist(find(1) == whole && find(3) == whole);
}

}  // namespace

// The first byte says what the rest is: '0' all that is sent, '1' the body of a POST, '2' a query.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0 || size > 8192) return 0;
  const std::string rest(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  std::string request = rest;
  if (bytes[0] % 3 == 1) {
    request =
        "POST /api/set HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Content-Length: " +
        std::to_string(rest.size()) + "\r\n\r\n" + rest;
  } else if (bytes[0] % 3 == 2) {
    request = "GET /api/echo?" + rest + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  }
  check_pieces(request);
  check_answer(answer_to(request), request.substr(0, 5) == "HEAD ");
  return 0;
}
